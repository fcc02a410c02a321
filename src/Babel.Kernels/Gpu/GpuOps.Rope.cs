namespace Babel.Kernels.Gpu;

internal abstract partial class GpuOps
{
    /// <inheritdoc/>
    public void Rope(TensorView x, int headDim, RotaryTable rotary, TensorView output)
    {
        CheckIndices(rotary.Rows, rotary.Cos.Shape.Rows, "Rope: rotary rows");
        int pairs = rotary.Width / 2, heads = (int)(x.Shape.Columns / headDim);
        Arguments().Add(x).Add(rotary.Rows).Add(rotary.Cos).Add(rotary.Sin).Add(output).Add(x.Shape.Rows).Add(heads).Add(headDim).Add(pairs);
        Flat("rope", x.Shape.Rows * heads * (Tuning.Blocks(pairs) + Tuning.Blocks(headDim - rotary.Width)));
    }
}

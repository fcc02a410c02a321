namespace Babel.Kernels.Gpu;

internal abstract partial class GpuOps
{
    /// <inheritdoc/>
    public void Add(TensorView a, TensorView b, TensorView output)
    {
        Arguments().Add(a).Add(b).Add(output).Add(output.Count);
        Flat("add", Tuning.Blocks(output.Count));
    }
}

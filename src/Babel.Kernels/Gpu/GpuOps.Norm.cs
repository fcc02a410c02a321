namespace Babel.Kernels.Gpu;

internal abstract partial class GpuOps
{
    /// <inheritdoc/>
    public void Norm(NormKind kind, TensorView x, TensorView weight, TensorView? bias, float epsilon, TensorView output)
    {
        if (x.Count == 0) return;
        Arguments().Add((int)kind).Add(x).Add(weight).Add(bias).Add(bias is not null).Add(output).Add((int)x.Shape.Columns).Add(epsilon);
        Device.Launch("norm", new GpuGrid(x.Shape.Rows, 1, 1, Tuning.RowLocal));
    }
}

namespace Babel.Kernels.Cpu;

internal sealed partial class CpuOps
{
    /// <inheritdoc/>
    public void ColumnDots(
        Weight weight,
        TensorView left,
        TensorView right,
        TensorView output) => throw new NotSupportedException("ColumnDots");
}

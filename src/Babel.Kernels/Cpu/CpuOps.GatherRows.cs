namespace Babel.Kernels.Cpu;

internal sealed partial class CpuOps
{
    /// <inheritdoc/>
    public void GatherRows(
        TensorView x,
        TensorView rows,
        TensorView output) => throw new NotSupportedException("GatherRows");
}

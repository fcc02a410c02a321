namespace Babel.Kernels.Cpu;

internal sealed partial class CpuOps
{
    /// <inheritdoc/>
    public void ColumnStats(
        TensorView x,
        SequenceLayout layout,
        TapStats stats) => throw new NotSupportedException("ColumnStats");
}

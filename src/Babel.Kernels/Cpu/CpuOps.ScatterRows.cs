namespace Babel.Kernels.Cpu;

internal sealed partial class CpuOps
{
    /// <inheritdoc/>
    public void ScatterRows(
        TensorView x,
        TensorView rows,
        TensorView output) => throw new NotSupportedException("ScatterRows");
}

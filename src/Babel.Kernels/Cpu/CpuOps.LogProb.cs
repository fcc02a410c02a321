namespace Babel.Kernels.Cpu;

internal sealed partial class CpuOps
{
    /// <inheritdoc/>
    public void LogProb(
        TensorView x,
        Weight unembed,
        TensorView? bias,
        Activation cap,
        TensorView targets,
        TensorView output) => throw new NotSupportedException("LogProb");
}

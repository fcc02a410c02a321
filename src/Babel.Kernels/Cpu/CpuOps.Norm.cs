namespace Babel.Kernels.Cpu;

internal sealed partial class CpuOps
{
    /// <inheritdoc/>
    public void Norm(
        NormKind kind,
        TensorView x,
        TensorView weight,
        TensorView? bias,
        float epsilon,
        TensorView output) => throw new NotSupportedException("Norm");
}

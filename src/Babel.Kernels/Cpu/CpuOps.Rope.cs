namespace Babel.Kernels.Cpu;

internal sealed partial class CpuOps
{
    /// <inheritdoc/>
    public void Rope(
        TensorView x,
        int headDim,
        RotaryTable rotary,
        TensorView output) => throw new NotSupportedException("Rope");
}

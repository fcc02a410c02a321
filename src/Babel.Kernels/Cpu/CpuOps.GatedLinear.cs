namespace Babel.Kernels.Cpu;

internal sealed partial class CpuOps
{
    /// <inheritdoc/>
    public void GatedLinear(
        TensorView x,
        Weight gate,
        Weight up,
        TensorView output,
        GatedEpilogue epilogue) => throw new NotSupportedException("GatedLinear");
}

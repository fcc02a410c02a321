namespace Babel.Kernels.Cpu;

internal sealed partial class CpuOps
{
    /// <inheritdoc/>
    public void Add(
        TensorView a,
        TensorView b,
        TensorView output) => throw new NotSupportedException("Add");
}

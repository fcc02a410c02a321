namespace Babel.Kernels.Cpu;

internal sealed partial class CpuOps
{
    /// <inheritdoc/>
    public void Linear(
        TensorView x,
        Weight weight,
        TensorView output,
        Epilogue? epilogue = null) => throw new NotSupportedException("Linear");
}

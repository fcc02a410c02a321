namespace Babel.Kernels.Cpu;

internal sealed partial class CpuOps
{
    /// <inheritdoc/>
    public void ValueScores(
        TensorView z,
        TensorView gram,
        AttentionSpec spec,
        SequenceLayout layout,
        TensorView output) => throw new NotSupportedException("ValueScores");
}

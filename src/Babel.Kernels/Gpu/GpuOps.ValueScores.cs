namespace Babel.Kernels.Gpu;

internal abstract partial class GpuOps
{
    /// <inheritdoc/>
    public void ValueScores(TensorView z, TensorView gram, AttentionSpec spec, SequenceLayout layout, TensorView output)
    {
        Arguments().Add(z).Add(gram).Add(Device.Layouts.Of(layout).Spans).Add(layout.Count)
            .Add(spec.KvHeads).Add(spec.Group).Add(spec.HeadDim).Add(output);
        Flat("value_scores", layout.Count * (long)spec.KvHeads * Tuning.Blocks(spec.HeadDim));
    }
}

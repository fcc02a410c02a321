namespace Babel.Kernels.Gpu;

internal abstract partial class GpuOps
{
    /// <inheritdoc/>
    public void Attention(
        TensorView q,
        TensorView k,
        TensorView v,
        TensorView output,
        AttentionSpec spec,
        SequenceLayout layout,
        Epilogue? epilogue = null,
        TensorView? pattern = null)
    {
        if (output.Count == 0) return;
        Attend(q, k, v, output, spec, layout, epilogue?.Scale, pattern);
        if (epilogue?.Post?.Values is { } values) Device.Copy(output, values);
        TakeStats(epilogue?.Post, output);
    }
}

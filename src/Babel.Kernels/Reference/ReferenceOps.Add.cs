namespace Babel.Kernels.Reference;

internal sealed partial class ReferenceOps
{
    /// <inheritdoc/>
    public void Add(TensorView a, TensorView b, TensorView output)
    {
        var left = a.Span<double>();
        var right = b.Span<double>();
        var y = output.Span<double>();
        for (int i = 0; i < y.Length; i++) y[i] = left[i] + right[i];
    }
}

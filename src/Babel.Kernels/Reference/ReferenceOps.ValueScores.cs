namespace Babel.Kernels.Reference;

internal sealed partial class ReferenceOps
{
    /// <inheritdoc/>
    public void ValueScores(TensorView z, TensorView gram, AttentionSpec spec, SequenceLayout layout, TensorView output)
    {
        for (int s = 0; s < layout.Count; s++)
        {
            var y = Row(output, s);
            for (int j = 0; j < y.Length; j++)
            {
                double sum = 0;
                for (int g = 0; g < spec.Group; g++)
                {
                    var write = Row(gram, (j * spec.Group) + g);
                    for (int g2 = 0; g2 < spec.Group; g2++)
                        sum += ColumnProduct(z, layout.Spans[s], Expand(j, g), Expand(j, g2)) * write[g2];
                }

                y[j] = Math.Max(sum, 0);
            }
        }

        // Value neuron j of a key/value head, as its g-th query head sees it.
        int Expand(int j, int g) => (((j / spec.HeadDim * spec.Group) + g) * spec.HeadDim) + (j % spec.HeadDim);
    }

    private static double ColumnProduct(TensorView z, SequenceSpan span, int a, int b)
    {
        double sum = 0;
        for (int t = span.QueryStart; t < span.QueryStart + span.QueryLength; t++) sum += Row(z, t)[a] * Row(z, t)[b];
        return sum;
    }
}

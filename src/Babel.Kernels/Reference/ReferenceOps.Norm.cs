namespace Babel.Kernels.Reference;

internal sealed partial class ReferenceOps
{
    /// <inheritdoc/>
    public void Norm(NormKind kind, TensorView x, TensorView weight, TensorView? bias, float epsilon, TensorView output)
    {
        for (long r = 0; r < x.Shape.Rows; r++)
        {
            var source = Row(x, r);
            double mean = kind == NormKind.Layer ? Mean(source) : 0;
            double variance = 0;
            foreach (double value in source) variance += (value - mean) * (value - mean);
            variance /= source.Length;

            var y = Row(output, r);
            var w = Row(weight, 0);
            for (int c = 0; c < y.Length; c++)
                y[c] = ((source[c] - mean) / Math.Sqrt(variance + epsilon) * w[c]) + (bias is { } b ? Row(b, 0)[c] : 0);
        }
    }

    private static double Mean(ReadOnlySpan<double> values)
    {
        double sum = 0;
        foreach (double value in values) sum += value;
        return sum / values.Length;
    }
}

namespace Babel.Analysis.Scoring;

/// <summary>
/// A ratio of two totals over documents, with its standard error. The documents are the independent units: tokens of one document
/// are not independent, so an error over tokens would be far too small.
/// </summary>
/// <remarks>
/// <c>R = sum_i y_i / sum_i x_i</c>, and <c>SE(R) = sqrt(n / (n - 1) * sum_i (y_i - R x_i)^2) / sum_i x_i</c>, the linearised variance of the
/// ratio estimator for n units drawn from a large population (W. G. Cochran, "Sampling Techniques", 3rd ed., sections 2.11 and 6.3, without
/// finite population correction). Sums are float64, in the order given.
/// </remarks>
/// <param name="Value">R; NaN if the x sum to zero.</param>
/// <param name="StandardError">SE(R); NaN for fewer than two documents.</param>
public readonly record struct RatioEstimate(double Value, double StandardError)
{
    /// <summary>Estimates sum y / sum x from the pairs of documents.</summary>
    /// <param name="y">Numerators, for example a document's NLL, or its change.</param>
    /// <param name="x">Denominators, for example a document's scored tokens.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static RatioEstimate Of(ReadOnlySpan<double> y, ReadOnlySpan<double> x)
    {
        if (y.Length != x.Length) throw new ArgumentException($"{y.Length} numerators but {x.Length} denominators");
        double sumY = 0, sumX = 0;
        for (int i = 0; i < y.Length; i++)
        {
            sumY += y[i];
            sumX += x[i];
        }

        double ratio = sumX > 0 ? sumY / sumX : double.NaN, squares = 0;
        for (int i = 0; i < y.Length; i++)
        {
            double residual = y[i] - ratio * x[i];
            squares += residual * residual;
        }

        return new RatioEstimate(ratio, ErrorOf(squares, y.Length, sumX));
    }

    /// <summary>The standard error of a smooth function of totals from the sum of its squared linearised residuals.</summary>
    internal static double ErrorOf(double squares, int documents, double total) =>
        documents < 2 || !(total > 0) ? double.NaN : Math.Sqrt(squares * documents / (documents - 1)) / total;
}

namespace Babel.Kernels.Diagnostics.Cases;

/// <summary>What float32 rounding can do, in float64.</summary>
internal static class Rounding
{
    /// <summary>u, the unit roundoff of float32: a rounded result is within u |result|.</summary>
    public const double Unit = 1.0 / (1 << 24);

    /// <summary>
    /// What a weight's element is off by, relatively, before anything is computed: on a device of fast precision u = 2^-8, the unit roundoff of bfloat16,
    /// unless it is stored as that.
    /// </summary>
    public static double OfWeight(CaseBench bench, DType storage) => storage == DType.BF16 ? 0 : OfActivation(bench);

    /// <summary>What an activation is off by, relatively, when it meets a weight, or a query, key, probability or value when it is multiplied.</summary>
    public static double OfActivation(CaseBench bench) => bench.Precision == Precision.Fast ? 1.0 / 256 : 0;

    /// <summary>What a product of two factors, each off by so much, is off by.</summary>
    public static double OfProduct(double left, double right) => left + right + (left * right);

    /// <summary>Products x W^T and their magnitudes sum |x w|, [N, n].</summary>
    public static (double[] Value, double[] Magnitude) Product(float[] x, float[] w, int rows, int n, int k)
    {
        var value = new double[rows * n];
        var magnitude = new double[rows * n];
        for (int r = 0; r < rows; r++)
        {
            for (int c = 0; c < n; c++)
            {
                double sum = 0, size = 0;
                for (int i = 0; i < k; i++)
                {
                    double term = (double)x[(r * k) + i] * w[(c * k) + i];
                    sum += term;
                    size += Math.Abs(term);
                }

                value[(r * n) + c] = sum;
                magnitude[(r * n) + c] = size;
            }
        }

        return (value, magnitude);
    }

    /// <summary>The bounds of <see cref="TapStats"/> of values [N, n] that are each within <paramref name="error"/>.</summary>
    public static void BoundStats(CaseBench bench, string name, double[] value, double[] error, SequenceLayout layout, int n)
    {
        int count = layout.Count * n;
        double[] counts = new double[count], sums = new double[count], abs = new double[count], squares = new double[count], max = new double[count];
        for (int s = 0; s < layout.Count; s++)
        {
            var span = layout.Spans[s];
            for (int c = 0; c < n; c++)
            {
                int at = (s * n) + c;
                for (int t = span.QueryStart; t < span.QueryStart + span.QueryLength; t++)
                {
                    double v = Math.Abs(value[(t * n) + c]), e = error[(t * n) + c];

                    // A value this near to zero may fall on either side.
                    if (v <= e && e > 0) counts[at]++;
                    sums[at] += e + (span.QueryLength * Unit * (v + e));
                    squares[at] += (e * ((2 * v) + e)) + ((span.QueryLength + 1) * Unit * (v + e) * (v + e));
                    max[at] = Math.Max(max[at], e);
                }

                abs[at] = sums[at];
            }
        }

        bench.Bound(name + ".Count", counts);
        bench.Bound(name + ".Sum", sums);
        bench.Bound(name + ".SumAbs", abs);
        bench.Bound(name + ".SumSquares", squares);
        bench.Bound(name + ".Max", max);
    }
}

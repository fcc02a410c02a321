namespace Babel.Kernels.Reference;

/// <summary>The elementwise functions in float64.</summary>
internal static class ReferenceMath
{
    /// <summary>sigma(x); formulas at <see cref="Activation"/>.</summary>
    public static double Apply(Activation activation, double x) => activation.Kind switch
    {
        ActivationKind.Identity => x,
        ActivationKind.Relu => double.IsNaN(x) ? x : Math.Max(x, 0),
        ActivationKind.Silu => x / (1 + Math.Exp(-x)),
        // 1 + erf(z) = erfc(-z): the same number without the cancellation of the left tail.
        ActivationKind.GeluErf => 0.5 * x * Erfc(-x / Math.Sqrt(2)),
        ActivationKind.GeluTanh => 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x)))),
        ActivationKind.SoftCap => activation.Parameter * Math.Tanh(x / activation.Parameter),
        _ => throw new ArgumentOutOfRangeException(nameof(activation), activation.Kind, "not an activation"),
    };

    /// <summary>
    /// erfc(x) = 1 - erf(x), relative error below 1e-13: erf's series with positive terms (DLMF 7.6.2) up to |x| = 2.5, the continued
    /// fraction (DLMF 7.9.1) beyond.
    /// </summary>
    public static double Erfc(double x)
    {
        if (double.IsNaN(x)) return x;
        double a = Math.Abs(x);
        double upper = a < 2.5 ? 1 - ErfSeries(a) : ErfcFraction(a);
        return x < 0 ? 2 - upper : upper;
    }

    private static double ErfSeries(double x)
    {
        // erf x = 2/sqrt(pi) e^(-x^2) sum_n 2^n x^(2n+1) / (1 3 5 .. (2n+1))
        double term = x, sum = x;
        for (int n = 1; term > sum * 1e-18; n++)
        {
            term *= 2 * x * x / ((2 * n) + 1);
            sum += term;
        }

        return 2 / Math.Sqrt(Math.PI) * Math.Exp(-x * x) * sum;
    }

    private static double ErfcFraction(double x)
    {
        // sqrt(pi) e^(x^2) erfc x = 1/(x + (1/2)/(x + 1/(x + (3/2)/(x + ..)))), from the tail up.
        double tail = x;
        for (int n = 120; n >= 1; n--) tail = x + (0.5 * n / tail);
        return Math.Exp(-x * x) / (Math.Sqrt(Math.PI) * tail);
    }
}

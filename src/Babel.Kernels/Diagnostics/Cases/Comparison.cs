using System.Globalization;

namespace Babel.Kernels.Diagnostics.Cases;

/// <summary>Gathers the errors of a case's outputs.</summary>
internal sealed class Comparison
{
    /// <summary>The largest |actual - expected|.</summary>
    public double Absolute { get; private set; }

    /// <summary>The largest |actual - expected| / |expected|.</summary>
    public double Relative { get; private set; }

    /// <summary>The largest share of a bound.</summary>
    public double BoundUsed { get; private set; }

    /// <summary>The first element beyond its bound.</summary>
    public string? Failure { get; private set; }

    /// <summary>Compares one output.</summary>
    public void Add(CaseOutput expected, double[] actual)
    {
        if (expected.Values.Length != actual.Length)
        {
            Failure ??= $"{expected.Name} has {actual.Length} elements instead of {expected.Values.Length}";
            return;
        }

        for (int i = 0; i < actual.Length; i++) Add(expected, i, actual[i]);
    }

    private void Add(CaseOutput expected, int i, double actual)
    {
        double value = expected.Values[i], error = Math.Abs(actual - value), bound = expected.Bounds?[i] ?? 0;
        if (actual.Equals(value)) return;
        if (!(error <= bound))
        {
            Failure ??= string.Create(
                CultureInfo.InvariantCulture,
                $"{expected.Name}[{i}] is {actual:R}, the reference has {value:R}: {error:E2} apart, {bound:E2} allowed");
        }

        Absolute = Worse(Absolute, error);
        if (value != 0) Relative = Worse(Relative, error / Math.Abs(value));
        BoundUsed = Worse(BoundUsed, error / bound);
    }

    private static double Worse(double a, double b) => double.IsNaN(b) || b > a ? b : a;
}

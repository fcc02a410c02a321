namespace Babel.Analysis.Figures;

/// <summary>Round tick values.</summary>
internal static class AxisTicks
{
    /// <summary>
    /// Multiples of 1, 2 or 5 times a power of ten from 0 to the first at or above <paramref name="high"/>, about
    /// <paramref name="wanted"/> of them.
    /// </summary>
    public static double[] From0(double high, int wanted, bool whole = false)
    {
        double step = Step(high, wanted);
        if (whole) step = Math.Max(1, step);
        int count = Math.Max(1, (int)Math.Ceiling(high / step - 1e-9));
        return [.. Enumerable.Range(0, count + 1).Select(i => i * step)];
    }

    /// <summary>The round multiples inside [<paramref name="low"/>, <paramref name="high"/>].</summary>
    public static double[] Inside(double low, double high, int wanted)
    {
        double step = Step(high - low, wanted);
        int first = (int)Math.Ceiling(low / step - 1e-9), last = (int)Math.Floor(high / step + 1e-9);
        return [.. Enumerable.Range(first, last - first + 1).Select(i => i * step)];
    }

    private static double Step(double span, int wanted)
    {
        if (!(span > 0)) return 1;
        double raw = span / wanted, power = Math.Pow(10, Math.Floor(Math.Log10(raw)));
        double digit = raw / power;
        return power * (digit <= 1.0000001 ? 1 : digit <= 2.0000001 ? 2 : digit <= 5.0000001 ? 5 : 10);
    }
}

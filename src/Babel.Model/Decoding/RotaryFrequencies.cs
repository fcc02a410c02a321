namespace Babel.Model.Decoding;

/// <summary>
/// The frequencies of a rotary embedding, <c>f_j = theta^(-2j/r)</c>, j &lt; r/2, and their stretched forms; the angle at position p is p f_j.
/// </summary>
internal static class RotaryFrequencies
{
    /// <summary>Frequencies for a sequence of <paramref name="length"/> tokens; only dynamic scaling looks at the length.</summary>
    public static double[] Of(RopeSpec rope, int length) => rope.Scaling switch
    {
        RopeScaling.Linear => [.. Plain(rope, rope.Theta).Select(f => f / rope.Factor)],
        RopeScaling.Dynamic => Plain(rope, DynamicTheta(rope, length)),
        RopeScaling.Llama3 => [.. Plain(rope, rope.Theta).Select(f => Llama3(rope, f))],
        RopeScaling.Yarn => Yarn(rope),
        _ => Plain(rope, rope.Theta),
    };

    private static double[] Plain(RopeSpec rope, double theta) =>
        [.. Enumerable.Range(0, rope.Width / 2).Select(j => Math.Pow(theta, -2.0 * j / rope.Width))];

    /// <summary>theta ((s L / L0) - (s - 1))^(r / (r - 2)), L the length but at least L0.</summary>
    private static double DynamicTheta(RopeSpec rope, int length)
    {
        double growth = (rope.Factor * Math.Max(length, rope.OriginalLength) / rope.OriginalLength) - (rope.Factor - 1);
        return rope.Theta * Math.Pow(growth, rope.Width / (rope.Width - 2.0));
    }

    /// <summary>Long waves are divided by the factor, short ones kept, those between blended (arXiv 2407.21783, released code).</summary>
    private static double Llama3(RopeSpec rope, double f)
    {
        double wave = 2 * Math.PI / f;
        if (wave < rope.OriginalLength / rope.HighFrequencyFactor) return f;
        if (wave > rope.OriginalLength / rope.LowFrequencyFactor) return f / rope.Factor;
        double smooth = ((rope.OriginalLength / wave) - rope.LowFrequencyFactor) / (rope.HighFrequencyFactor - rope.LowFrequencyFactor);
        return ((1 - smooth) * f / rope.Factor) + (smooth * f);
    }

    /// <summary>NTK by parts (arXiv 2309.00071, section 3.2): a ramp over the dimensions between betaFast and betaSlow turns within the length.</summary>
    private static double[] Yarn(RopeSpec rope)
    {
        double Dimension(double turns) =>
            rope.Width * Math.Log(rope.OriginalLength / (turns * 2 * Math.PI)) / (2 * Math.Log(rope.Theta));
        double low = Math.Max(Math.Floor(Dimension(rope.BetaFast)), 0);
        double high = Math.Min(Math.Ceiling(Dimension(rope.BetaSlow)), rope.Width - 1);
        if (low == high) high += 0.001;
        double[] f = Plain(rope, rope.Theta);
        for (int j = 0; j < f.Length; j++)
        {
            double ramp = Math.Clamp((j - low) / (high - low), 0, 1);
            f[j] = (f[j] / rope.Factor * ramp) + (f[j] * (1 - ramp));
        }

        return f;
    }
}

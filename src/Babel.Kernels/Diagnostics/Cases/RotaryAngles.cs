namespace Babel.Kernels.Diagnostics.Cases;

/// <summary>Rotary tables for cases.</summary>
internal static class RotaryAngles
{
    /// <summary>Angles position * 10000^(-2j/r), tokens at random positions.</summary>
    public static RotaryTable Make(CaseBench bench, int positions, int width, int tokens)
    {
        int half = width / 2;
        float[] cos = new float[positions * half], sin = new float[positions * half];
        for (int i = 0; i < cos.Length; i++)
        {
            double angle = i / half * Math.Pow(10000, -2.0 * (i % half) / width);
            (cos[i], sin[i]) = ((float)Math.Cos(angle), (float)Math.Sin(angle));
        }

        var shape = new Shape(positions, half);
        return new RotaryTable(bench.Input(cos, shape), bench.Input(sin, shape), bench.Ints(bench.Indices(tokens, positions)));
    }
}

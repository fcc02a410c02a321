using System.Globalization;

namespace Babel.Analysis.Figures;

/// <summary>A colour in sRGB, components in [0, 1].</summary>
internal readonly record struct Rgb(double R, double G, double B)
{
    public static readonly Rgb White = new(1, 1, 1);

    /// <summary>Parses <c>#rrggbb</c>.</summary>
    public static Rgb Parse(string hex) => new(Component(hex, 1), Component(hex, 3), Component(hex, 5));

    /// <summary>Relative luminance, WCAG 2.1: <c>0.2126 R + 0.7152 G + 0.0722 B</c> of the linear components.</summary>
    public double Luminance => 0.2126 * Linear(R) + 0.7152 * Linear(G) + 0.0722 * Linear(B);

    /// <summary>Black or white, whichever has the higher WCAG contrast <c>(L1 + 0.05) / (L2 + 0.05)</c> on this ground.</summary>
    public string TextOn => (Luminance + 0.05) * (Luminance + 0.05) > 1.05 * 0.05 ? "#000000" : "#ffffff";

    /// <summary>The colour a fraction <paramref name="t"/> of the way to <paramref name="other"/>, in linear light.</summary>
    public Rgb Mix(Rgb other, double t) => new(Blend(R, other.R, t), Blend(G, other.G, t), Blend(B, other.B, t));

    /// <summary><c>#rrggbb</c>.</summary>
    public override string ToString() => $"#{Byte(R):x2}{Byte(G):x2}{Byte(B):x2}";

    private static double Component(string hex, int at) =>
        int.Parse(hex.AsSpan(at, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture) / 255.0;

    private static int Byte(double c) => (int)Math.Round(Math.Clamp(c, 0, 1) * 255, MidpointRounding.AwayFromZero);

    private static double Blend(double a, double b, double t) => Encode(Linear(a) + (Linear(b) - Linear(a)) * t);

    // IEC 61966-2-1, the sRGB transfer function and its inverse.
    private static double Linear(double c) => c <= 0.04045 ? c / 12.92 : Math.Pow((c + 0.055) / 1.055, 2.4);

    private static double Encode(double c) => c <= 0.0031308 ? 12.92 * c : 1.055 * Math.Pow(c, 1 / 2.4) - 0.055;
}

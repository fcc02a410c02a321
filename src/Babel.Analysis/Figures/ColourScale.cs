namespace Babel.Analysis.Figures;

/// <summary>From a number to a colour.</summary>
internal sealed class ColourScale
{
    private static readonly Rgb[] Below = Stops("#f7f7f7", "#d1e5f0", "#92c5de", "#4393c3", "#2166ac", "#053061");
    private static readonly Rgb[] Above = Stops("#f7f7f7", "#fee0b6", "#fdb863", "#e08214", "#b35806", "#7f3b08");

    private readonly bool _diverging;

    private ColourScale(double low, double high, bool diverging)
    {
        Low = low;
        High = high;
        _diverging = diverging;
    }

    /// <summary>The value of the first colour.</summary>
    public double Low { get; }

    /// <summary>The value of the last colour.</summary>
    public double High { get; }

    /// <summary>
    /// Blue below zero, white at zero, orange above (the blue and the orange halves of C. Brewer's RdBu and PuOr): the pair that all common
    /// colour vision deficiencies keep apart. Both sides have the same length, so equal sizes look equally strong.
    /// </summary>
    public static ColourScale Diverging(double largestMagnitude) =>
        new(-NonZero(largestMagnitude), NonZero(largestMagnitude), diverging: true);

    /// <summary>White at zero to dark blue; lightness falls all the way, so it survives a grey print.</summary>
    public static ColourScale Sequential(double high) => new(0, NonZero(high), diverging: false);

    /// <summary>The colour of a value; what lies outside takes the end's colour.</summary>
    public Rgb Colour(double value)
    {
        double t = Math.Clamp(value / High, -1, 1);
        return _diverging && t > 0 ? At(Above, t) : At(Below, Math.Abs(t));
    }

    private static double NonZero(double value) => value > 0 && double.IsFinite(value) ? value : 1;

    private static Rgb[] Stops(params string[] colours) => [.. colours.Select(Rgb.Parse)];

    private static Rgb At(Rgb[] stops, double t)
    {
        double place = t * (stops.Length - 1);
        int i = Math.Min((int)place, stops.Length - 2);
        return stops[i].Mix(stops[i + 1], place - i);
    }
}

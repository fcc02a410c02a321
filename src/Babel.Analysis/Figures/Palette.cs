namespace Babel.Analysis.Figures;

/// <summary>The colours of the figures.</summary>
internal static class Palette
{
    /// <summary>Text and axes.</summary>
    public const string Ink = "#222222";

    /// <summary>Secondary text.</summary>
    public const string Faint = "#666666";

    /// <summary>Grid lines.</summary>
    public const string Grid = "#dddddd";

    /// <summary>A cell that holds no number.</summary>
    public const string Missing = "#eeeeee";

    // P. Tol, "Colour Schemes" (SRON/EPS/TN/09-002), the "muted" qualitative scheme: distinct under the common colour vision
    // deficiencies. Ordered so that the first eight also differ in lightness, for print.
    private static readonly string[] Categories =
    [
        "#332288", "#88ccee", "#117733", "#ddcc77", "#cc6677", "#882255", "#44aa99", "#999933", "#aa4499",
    ];

    /// <summary>The fill of category <paramref name="index"/>; after nine the colours come again, lighter.</summary>
    public static string Category(int index)
    {
        string colour = Categories[index % Categories.Length];
        int round = index / Categories.Length;
        return round == 0 ? colour : Rgb.Parse(colour).Mix(Rgb.White, Math.Min(0.8, 0.35 * round)).ToString();
    }
}

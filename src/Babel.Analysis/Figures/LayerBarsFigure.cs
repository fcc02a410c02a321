using System.Globalization;

namespace Babel.Analysis.Figures;

/// <summary>Neurons per layer by language, as bars side by side or on top of each other, with a legend.</summary>
public sealed record LayerBarsFigure
{
    private const double PlotHeight = 260, Label = 13, TickSize = 11;

    /// <summary>Above the figure.</summary>
    public required string Title { get; init; }

    /// <summary>One line under the title; may be empty.</summary>
    public string Subtitle { get; init; } = "";

    /// <summary>Title of the vertical axis, with its unit.</summary>
    public required string ValueAxis { get; init; }

    /// <summary>Names of the languages, any script: one colour each.</summary>
    public required IReadOnlyList<string> Languages { get; init; }

    /// <summary>[languages, layers], not negative.</summary>
    public required double[,] Counts { get; init; }

    /// <summary>
    /// True: bars on top of each other. False: side by side. Null: side by side up to 160 bars, which is where they get too thin to read.
    /// </summary>
    public bool? Stacked { get; init; }

    /// <summary>The figure as an SVG document.</summary>
    /// <exception cref="ArgumentException">The counts are not [languages, layers].</exception>
    public string ToSvg()
    {
        int layers = Counts.GetLength(1), languages = Languages.Count;
        if (Counts.GetLength(0) != languages)
            throw new ArgumentException($"{languages} languages but counts of {Counts.GetLength(0)}");

        bool stacked = Stacked ?? languages * layers > 160;
        double group = stacked ? Math.Max(16, Math.Min(44, 900.0 / layers)) : languages * 9 + 14;
        double plot = Math.Max(240, layers * group);
        group = plot / layers;
        double top = Subtitle.Length > 0 ? 72 : 54, left = 74, bottom = top + PlotHeight, right = left + plot;
        double legend = Languages.Max(l => SvgText.Width(l, Label)) + 28;
        double width = Math.Max(right + 24 + legend + 12, 32 + Math.Max(SvgText.Width(Title, 16), SvgText.Width(Subtitle, 12)));
        double height = Math.Max(bottom + 54, top + languages * 20 + 24);
        var svg = new SvgDocument(width, height, Title, Subtitle);

        svg.Text(16, 28, Title, 16, bold: true);
        if (Subtitle.Length > 0) svg.Text(16, 48, Subtitle, 12, fill: Palette.Faint);
        var ticks = AxisTicks.From0(Highest(stacked), 5, whole: true);
        DrawAxes(svg, ticks, left, right, top, bottom);
        for (int layer = 0; layer < layers; layer++)
        {
            double x = left + layer * group;
            if (stacked) DrawStack(svg, layer, x + group * 0.15, group * 0.7, bottom, PlotHeight / ticks[^1]);
            else DrawGroup(svg, layer, x + 7, (group - 14) / languages, bottom, PlotHeight / ticks[^1]);
            // Every layer is numbered where there is room, else every second, fifth or tenth.
            int every = group >= 20 ? 1 : group >= 11 ? 2 : 5;
            if (layer % every == 0) svg.Text(x + group / 2, bottom + 17, Whole(layer), TickSize, "middle");
        }

        svg.Line(left, bottom, right, bottom, Palette.Ink);
        svg.Text((left + right) / 2, bottom + 40, "Layer", Label, "middle");
        svg.Text(24, (top + bottom) / 2, ValueAxis, Label, "middle", rotation: -90);
        for (int l = 0; l < languages; l++)
        {
            double y = top + l * 20;
            svg.Rectangle(right + 24, y, 13, 13, Palette.Category(l), Palette.Ink, 0.5);
            svg.Text(right + 44, y + 11, Languages[l], Label);
        }

        return svg.ToString();
    }

    private static void DrawAxes(SvgDocument svg, double[] ticks, double left, double right, double top, double bottom)
    {
        foreach (double tick in ticks)
        {
            double y = bottom - (bottom - top) * tick / ticks[^1];
            if (tick > 0) svg.Line(left, y, right, y, Palette.Grid);
            svg.Text(left - 8, y + 4, Whole(tick), TickSize, "end");
        }

        svg.Line(left, top, left, bottom, Palette.Ink);
    }

    private void DrawGroup(SvgDocument svg, int layer, double x, double bar, double bottom, double unit)
    {
        for (int l = 0; l < Languages.Count; l++)
            DrawBar(svg, l, layer, x + l * bar, bar, bottom, unit);
    }

    private void DrawStack(SvgDocument svg, int layer, double x, double bar, double bottom, double unit)
    {
        for (int l = 0; l < Languages.Count; l++)
            bottom = DrawBar(svg, l, layer, x, bar, bottom, unit);
    }

    private double DrawBar(SvgDocument svg, int language, int layer, double x, double bar, double bottom, double unit)
    {
        double count = Counts[language, layer];
        if (count <= 0) return bottom;
        double height = count * unit;
        svg.Rectangle(x, bottom - height, bar, height, Palette.Category(language), "#ffffff", 0.5,
            $"{Languages[language]}, layer {layer}: {Whole(count)}");
        return bottom - height;
    }

    private double Highest(bool stacked)
    {
        double highest = 0;
        for (int layer = 0; layer < Counts.GetLength(1); layer++)
        {
            double sum = 0;
            for (int l = 0; l < Languages.Count; l++)
            {
                sum = stacked ? sum + Counts[l, layer] : Counts[l, layer];
                highest = Math.Max(highest, sum);
            }
        }

        return highest;
    }

    private static string Whole(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);
}

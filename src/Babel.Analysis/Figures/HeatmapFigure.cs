using System.Globalization;

namespace Babel.Analysis.Figures;

/// <summary>A matrix as coloured cells with its numbers in them, axis titles, and a colour bar with its unit.</summary>
public sealed record HeatmapFigure
{
    private const double Cell = 58, CellHeight = 40, Label = 13, TickSize = 11;

    /// <summary>Above the figure.</summary>
    public required string Title { get; init; }

    /// <summary>One line under the title: what the numbers are and under which conditions; may be empty.</summary>
    public string Subtitle { get; init; } = "";

    /// <summary>What a row is.</summary>
    public required string RowAxis { get; init; }

    /// <summary>What a column is.</summary>
    public required string ColumnAxis { get; init; }

    /// <summary>What a cell is, with its unit; stands beside the colour bar.</summary>
    public required string ValueAxis { get; init; }

    /// <summary>Names of the rows, any script.</summary>
    public required IReadOnlyList<string> Rows { get; init; }

    /// <summary>Names of the columns, any script.</summary>
    public required IReadOnlyList<string> Columns { get; init; }

    /// <summary>[rows, columns]; NaN leaves a cell grey with a dash.</summary>
    public required double[,] Values { get; init; }

    /// <summary>[rows, columns], standard errors printed small under the numbers; null for none.</summary>
    public double[,]? Errors { get; init; }

    /// <summary>True: blue and orange about 0. False: white to blue from 0.</summary>
    public bool Diverging { get; init; }

    /// <summary>The number format of the cells.</summary>
    public string Format { get; init; } = "0.00";

    /// <summary>The value of the strongest colour; 0: the largest magnitude of the matrix.</summary>
    public double Limit { get; init; }

    /// <summary>The figure as an SVG document.</summary>
    /// <exception cref="ArgumentException">The matrix is not [rows, columns].</exception>
    public string ToSvg()
    {
        if (Values.GetLength(0) != Rows.Count || Values.GetLength(1) != Columns.Count)
            throw new ArgumentException($"{Rows.Count} x {Columns.Count} names but {Values.GetLength(0)} x {Values.GetLength(1)} values");

        double limit = Limit > 0 ? Limit : Values.Cast<double>().Where(double.IsFinite).Select(Math.Abs).DefaultIfEmpty(0).Max();
        var scale = Diverging ? ColourScale.Diverging(limit) : ColourScale.Sequential(limit);
        double labels = Math.Max(24, Rows.Max(r => SvgText.Width(r, Label)));
        double columnLabels = Columns.Max(c => SvgText.Width(c, Label));
        bool slanted = columnLabels > Cell - 6;
        double left = 44 + labels + 8, top = (Subtitle.Length > 0 ? 66 : 48) + 22 + (slanted ? columnLabels * 0.72 + 8 : 18);
        double bottom = top + Rows.Count * CellHeight, right = left + Columns.Count * Cell;
        double width = Math.Max(right + 112, 32 + Math.Max(SvgText.Width(Title, 16), SvgText.Width(Subtitle, 12)));
        var svg = new SvgDocument(width, bottom + 24, Title, Subtitle);

        svg.Text(16, 28, Title, 16, bold: true);
        if (Subtitle.Length > 0) svg.Text(16, 48, Subtitle, 12, fill: Palette.Faint);
        svg.Text((left + right) / 2, Subtitle.Length > 0 ? 76 : 56, ColumnAxis, Label, "middle");
        svg.Text(24, (top + bottom) / 2, RowAxis, Label, "middle", rotation: -90);
        for (int c = 0; c < Columns.Count; c++)
        {
            double x = left + (c + 0.5) * Cell;
            if (slanted) svg.Text(x, top - 8, Columns[c], Label, "start", rotation: -45);
            else svg.Text(x, top - 8, Columns[c], Label, "middle");
        }

        for (int r = 0; r < Rows.Count; r++)
        {
            svg.Text(left - 8, top + (r + 0.5) * CellHeight + 4.5, Rows[r], Label, "end");
            for (int c = 0; c < Columns.Count; c++) DrawCell(svg, scale, r, c, left + c * Cell, top + r * CellHeight);
        }

        svg.Rectangle(left, top, right - left, bottom - top, "none", Palette.Ink);
        DrawBar(svg, scale, right + 20, top, bottom - top);
        return svg.ToString();
    }

    private void DrawCell(SvgDocument svg, ColourScale scale, int row, int column, double x, double y)
    {
        double value = Values[row, column];
        string where = $"{Rows[row]}, {Columns[column]}: ";
        if (double.IsNaN(value))
        {
            svg.Rectangle(x, y, Cell, CellHeight, Palette.Missing, "#ffffff", tooltip: where + "no value");
            svg.Text(x + Cell / 2, y + CellHeight / 2 + 4.5, "–", Label, "middle", Palette.Faint);
            return;
        }

        var colour = scale.Colour(value);
        string ink = colour.TextOn, text = Show(value);
        double error = Errors?[row, column] ?? double.NaN;
        bool withError = double.IsFinite(error);
        svg.Rectangle(x, y, Cell, CellHeight, colour.ToString(), "#ffffff", tooltip: where + text + (withError ? " ± " + Show(error) : ""));
        svg.Text(x + Cell / 2, y + CellHeight / 2 + (withError ? -0.5 : 4.5), text, Label, "middle", ink);
        if (withError) svg.Text(x + Cell / 2, y + CellHeight / 2 + 13, "±" + Show(error), 9.5, "middle", ink);
    }

    private void DrawBar(SvgDocument svg, ColourScale scale, double x, double y, double height)
    {
        const int Steps = 64;
        const double Width = 14;
        for (int i = 0; i < Steps; i++)
        {
            double value = scale.High + (scale.Low - scale.High) * (i + 0.5) / Steps;
            // Each step reaches under the next, so that no viewer shows hairlines between them.
            double step = height / Steps;
            svg.Rectangle(x, y + i * step, Width, i == Steps - 1 ? step : step * 1.5, scale.Colour(value).ToString());
        }

        svg.Rectangle(x, y, Width, height, "none", Palette.Ink);
        double widest = 0;
        foreach (double tick in AxisTicks.Inside(scale.Low, scale.High, 5))
        {
            double at = y + height * (scale.High - tick) / (scale.High - scale.Low);
            string text = Minus(tick.ToString("0.####", CultureInfo.InvariantCulture));
            widest = Math.Max(widest, SvgText.Width(text, TickSize));
            svg.Line(x + Width, at, x + Width + 4, at, Palette.Ink);
            svg.Text(x + Width + 7, at + 4, text, TickSize);
        }

        svg.Text(x + Width + widest + 22, y + height / 2, ValueAxis, Label, "middle", rotation: -90);
    }

    private string Show(double value) => double.IsInfinity(value)
        ? value > 0 ? "∞" : "−∞"
        : Minus(value.ToString(Format, CultureInfo.InvariantCulture));

    // A true minus sign, and no minus in front of what rounds to zero.
    private static string Minus(string text) =>
        text.StartsWith('-') && text.Any(c => c is >= '1' and <= '9') ? "−" + text[1..] : text.TrimStart('-');
}

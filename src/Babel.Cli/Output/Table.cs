using System.Text;

namespace Babel.Cli.Output;

/// <summary>
/// An aligned table of at most <see cref="MaxWidth"/> cells: two spaces between columns, no rules. The last column of words gives way when
/// a row would be too long, because a wrapped table cannot be read.
/// </summary>
internal sealed class Table(params Column[] columns)
{
    /// <summary>The width every table keeps within, as far as its numbers allow.</summary>
    public const int MaxWidth = 100;

    private readonly List<string[]> _rows = [];

    /// <summary>Rows added so far.</summary>
    public int Count => _rows.Count;

    /// <summary>Adds a row; missing cells are empty.</summary>
    public Table Add(params string[] cells)
    {
        if (cells.Length > columns.Length)
            throw new ArgumentException($"{cells.Length} cells for {columns.Length} columns", nameof(cells));
        _rows.Add([.. cells, .. Enumerable.Repeat("", columns.Length - cells.Length)]);
        return this;
    }

    /// <summary>Writes headings and rows.</summary>
    public void WriteTo(TextWriter output, Style style)
    {
        int[] widths = Widths();
        output.WriteLine(style.Bold(Line([.. columns.Select(c => c.Title)], widths)));
        foreach (string[] row in _rows) output.WriteLine(Line(row, widths));
    }

    private int[] Widths()
    {
        var widths = new int[columns.Length];
        for (int c = 0; c < columns.Length; c++)
            widths[c] = _rows.Select(r => TextWidth.Of(r[c])).Append(TextWidth.Of(columns[c].Title)).Max();
        int excess = widths.Sum() + (2 * (columns.Length - 1)) - MaxWidth;
        int words = Array.FindLastIndex(columns, c => !c.Right);
        if (excess > 0 && words >= 0)
            widths[words] = Math.Max(Math.Min(widths[words], 12), widths[words] - excess);
        return widths;
    }

    private string Line(string[] cells, int[] widths)
    {
        var line = new StringBuilder();
        for (int c = 0; c < cells.Length; c++)
        {
            string cell = TextWidth.Cut(cells[c], widths[c]);
            string pad = new(' ', widths[c] - TextWidth.Of(cell));
            if (c > 0) line.Append("  ");
            line.Append(columns[c].Right ? pad + cell : cell + pad);
        }

        return line.ToString().TrimEnd();
    }
}

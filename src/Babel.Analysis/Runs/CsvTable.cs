using System.Globalization;
using System.Text;

namespace Babel.Analysis.Runs;

/// <summary>
/// A table as CSV (RFC 4180, but LF): a header line, numbers invariant and round-trip exact, missing numbers as empty cells, infinities as
/// <c>inf</c>, which is what pandas reads without options.
/// </summary>
public sealed class CsvTable
{
    private readonly StringBuilder _text = new();
    private readonly int _columns;

    /// <summary>Begins a table.</summary>
    public CsvTable(params ReadOnlySpan<string> header)
    {
        _columns = header.Length;
        for (int i = 0; i < header.Length; i++) Cell(i, Quote(header[i]));
        _text.Append('\n');
    }

    /// <summary>Adds a row of strings, integers, doubles and nulls.</summary>
    /// <exception cref="ArgumentException">It has another length than the header, or a value of another type.</exception>
    public void Add(params ReadOnlySpan<object?> values)
    {
        if (values.Length != _columns) throw new ArgumentException($"{values.Length} values for {_columns} columns");
        for (int i = 0; i < values.Length; i++) Cell(i, Text(values[i]));
        _text.Append('\n');
    }

    /// <summary>The whole table.</summary>
    public override string ToString() => _text.ToString();

    private static string Text(object? value) => value switch
    {
        null => "",
        string s => Quote(s),
        int or long => Convert.ToString(value, CultureInfo.InvariantCulture)!,
        double d when double.IsNaN(d) => "",
        double d when double.IsInfinity(d) => d > 0 ? "inf" : "-inf",
        double d => d.ToString("R", CultureInfo.InvariantCulture),
        _ => throw new ArgumentException($"a cell cannot hold {value.GetType()}"),
    };

    private static string Quote(string text) =>
        text.AsSpan().IndexOfAny("\",\r\n") < 0 && text == text.Trim() ? text : "\"" + text.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";

    private void Cell(int column, string text)
    {
        if (column > 0) _text.Append(',');
        _text.Append(text);
    }
}

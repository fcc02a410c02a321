using System.Text.Json;
using Babel.Analysis.Ablation;
using Babel.Cli.Output;

namespace Babel.Cli.Reports;

/// <summary>Every set on every language: the matrix of changes, and each set against its controls.</summary>
internal static class AblationReport
{
    private const int ColumnsAtOnce = 9;

    /// <summary>The change of NLL per token; a set's own language stands in brackets. Many languages make several tables.</summary>
    public static void WriteMatrix(AblationResult result, TextWriter output, Style style)
    {
        output.WriteLine("Change of NLL per token (nats) with the row's neurons off; [own language]");
        var languages = result.Languages;
        for (int first = 0; first < languages.Count; first += ColumnsAtOnce)
        {
            int[] shown = [.. Enumerable.Range(first, Math.Min(ColumnsAtOnce, languages.Count - first))];
            var table = new Table([Column.Text("off"), Column.Number("neurons"), .. shown.Select(c => Column.Number(languages[c] + ' '))]);
            foreach (var row in result.Rows)
            {
                table.Add(
                [
                    row.Set, Format.Count(row.Neurons),
                    .. shown.Select(c => Cell(row.Cells[c].Delta.Nll.Value, row.Cells[c].Language == row.Set)),
                ]);
            }

            table.WriteTo(output, style);
        }
    }

    /// <summary>Each set: its own change with error, the mean of the others, their ratio, and the random controls.</summary>
    public static void WriteSelectivity(AblationResult result, TextWriter output, Style style)
    {
        output.WriteLine($"Own language against the others, and against {result.Seeds.Count} random set{(result.Seeds.Count == 1 ? "" : "s")} of the same size per layer and part");
        var table = new Table(
            Column.Text("off"), Column.Number("own"), Column.Number("±"), Column.Number("mean of others"), Column.Number("ratio"),
            Column.Number("random mean"), Column.Number("sd"), Column.Number("above random by"));
        foreach (var row in result.Rows)
        {
            if (row.Own is not { } own) continue;
            table.Add(
                row.Set,
                Signed(own.Delta.Nll.Value),
                Format.Fixed(own.Delta.Nll.StandardError, 3),
                Signed(row.MeanOfOthers),
                Ratio(row.Selectivity),
                Signed(own.ControlMean),
                Format.Fixed(own.ControlDeviation, 4),
                double.IsNaN(own.Z) ? "-" : Format.Fixed(own.Z, 1) + " sd");
        }

        if (table.Count > 0) table.WriteTo(output, style);
        else output.WriteLine("  no set is named after a language of the text");
    }

    /// <summary>Everything the tables show, and the errors of every cell.</summary>
    public static void Write(Utf8JsonWriter json, AblationResult result)
    {
        ScoreReport.Write(json, "baseline", result.Baseline);
        json.WriteStartArray("controlSeeds");
        foreach (long seed in result.Seeds) json.WriteNumberValue(seed);
        json.WriteEndArray();
        json.WriteStartArray("sets");
        foreach (var row in result.Rows)
        {
            json.WriteStartObject();
            json.WriteString("set", row.Set);
            json.WriteNumber("neurons", row.Neurons);
            json.Number("meanOfOthersDeltaNll", row.MeanOfOthers);
            json.Number("selectivity", row.Selectivity);
            json.WriteStartArray("languages");
            foreach (var cell in row.Cells) WriteCell(json, cell);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteCell(Utf8JsonWriter json, AblationCell cell)
    {
        json.WriteStartObject();
        json.WriteString("language", cell.Language);
        ScoreReport.Estimate(json, "deltaNll", cell.Delta.Nll);
        ScoreReport.Estimate(json, "relative", cell.Delta.Relative);
        ScoreReport.Estimate(json, "deltaPerplexity", cell.Delta.Perplexity);
        json.WriteStartArray("controls");
        foreach (double control in cell.Controls) json.WriteNumberValue(control);
        json.WriteEndArray();
        json.Number("controlMean", cell.ControlMean);
        json.Number("controlDeviation", cell.ControlDeviation);
        json.Number("z", cell.Z);
        json.WriteEndObject();
    }

    private static string Cell(double value, bool own) => own ? $"[{Signed(value)}]" : Signed(value) + ' ';

    private static string Signed(double value)
    {
        if (double.IsNaN(value)) return "-";
        string text = Format.Fixed(value, 3);
        // What rounds to zero has no sign to show.
        return text is "-0.000" or "0.000" ? " 0.000" : (value < 0 ? "" : "+") + text;
    }

    private static string Ratio(double value) => double.IsPositiveInfinity(value) ? "others unhurt" : double.IsNaN(value) ? "-" : Format.Fixed(value, 1);
}

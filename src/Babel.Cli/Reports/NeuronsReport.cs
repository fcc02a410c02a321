using System.Text.Json;
using Babel.Analysis.Selection;
using Babel.Analysis.Statistics;
using Babel.Cli.Output;

namespace Babel.Cli.Reports;

/// <summary>The sets of one method: sizes, layers, parts, overlaps.</summary>
internal static class NeuronsReport
{
    /// <summary>The tables.</summary>
    public static void Write(TextWriter output, Style style, LanguageNeurons neurons, SetOverlap overlap, ModelShape shape, string? path)
    {
        output.WriteLine($"{neurons.Method}: {string.Join(", ", neurons.Options.Select(o => $"{o.Key} {o.Value}"))}");
        output.WriteLine();
        SelectionReport.WriteLayers(neurons.Sets, shape.Layers, output, style);
        output.WriteLine();
        SelectionReport.WriteParts(neurons.Sets, output, style);
        output.WriteLine();
        SelectionReport.WriteOverlap(overlap, output, style);
        if (path is not null) output.WriteLine($"written to {path}");
    }

    /// <summary>The same for programs; the neurons themselves are in the file.</summary>
    public static void Write(Utf8JsonWriter json, LanguageNeurons neurons, SetOverlap overlap, ModelShape shape, string? path)
    {
        json.WriteString("method", neurons.Method);
        json.WriteStartObject("options");
        foreach (var (name, value) in neurons.Options) json.WriteString(name, value);
        json.WriteEndObject();
        if (path is not null) json.WriteString("file", path);
        json.WriteStartArray("sets");
        foreach (var set in neurons.Sets)
        {
            json.WriteStartObject();
            json.WriteString("language", set.Language);
            json.WriteNumber("neurons", set.Neurons.Count);
            json.WriteStartObject("parts");
            foreach (var part in set.Ids.GroupBy(id => id.Part).OrderBy(g => g.Key)) json.WriteNumber(part.Key.ToString(), part.Count());
            json.WriteEndObject();
            json.WriteStartArray("layers");
            foreach (int count in set.CountsByLayer(shape.Layers)) json.WriteNumberValue(count);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteString("overlapGroup", overlap.Group.ToString());
        Matrix(json, "overlapShare", overlap.Share);
        Matrix(json, "overlapJaccard", overlap.Jaccard);
    }

    private static void Matrix(Utf8JsonWriter json, string name, double[,] values)
    {
        json.WriteStartArray(name);
        for (int r = 0; r < values.GetLength(0); r++)
        {
            json.WriteStartArray();
            for (int c = 0; c < values.GetLength(1); c++) json.WriteNumberValue(values[r, c]);
            json.WriteEndArray();
        }

        json.WriteEndArray();
    }
}

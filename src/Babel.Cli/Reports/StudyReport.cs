using System.Text.Json;
using Babel.Analysis.Selection;
using Babel.Analysis.Study;
using Babel.Cli.Output;
using Babel.Kernels;

namespace Babel.Cli.Reports;

/// <summary>A study on the console: what the model can do, which neurons each language has, what switching them off does.</summary>
internal static class StudyReport
{
    /// <summary>All tables, and where the files are.</summary>
    public static void Write(StudyResult result, TextWriter output, Style style)
    {
        var shape = result.Shape;
        output.WriteLine(style.Bold($"{Path.GetFileName(result.Model.TrimEnd('/', '\\'))} on {result.Device}, {result.Precision.Word()} precision"));
        output.WriteLine(
            $"{shape.Layers} layers, {Format.Count(shape.FfnNeurons)} FFN neurons; neurons found on "
            + $"{Format.Count(result.Corpus.Sum(r => r.DetectionDocuments))} documents, measured on {Format.Count(result.Corpus.Sum(r => r.EvaluationDocuments))}");
        Section(output, style, "The model as it is");
        ScoreReport.Write(result.Ablation.Baseline, output, style);
        Section(output, style, $"Language neurons ({result.Neurons.Method})");
        SelectionReport.WriteLayers(result.Neurons.Sets, shape.Layers, output, style);
        SelectionReport.WriteParts(result.Neurons.Sets, output, style);
        Section(output, style, "Switched off");
        AblationReport.WriteMatrix(result.Ablation, output, style);
        output.WriteLine();
        AblationReport.WriteSelectivity(result.Ablation, output, style);
        foreach (var overlap in result.Overlaps.Where(o => o.Overlap.Group == NeuronGroup.Ffn))
        {
            Section(output, style, $"FFN sets of {overlap.Method}: {Sizes(result, overlap.Method)}");
            SelectionReport.WriteOverlap(overlap.Overlap, output, style);
        }

        output.WriteLine();
        output.WriteLine($"Everything is in {result.Output}:");
        foreach (string line in Lines(result.Files, Table.MaxWidth - 2)) output.WriteLine("  " + line);
        double seconds = result.PhaseSeconds.Sum(p => p.Value);
        if (seconds > 0) output.WriteLine($"{Format.Duration(TimeSpan.FromSeconds(seconds))} in all");
    }

    /// <summary>The summary file, with where it lies.</summary>
    public static void Write(Utf8JsonWriter json, StudyResult result)
    {
        json.WriteString("output", result.Output);
        json.WriteString("state", result.State.ToString());
        json.WriteStartArray("files");
        foreach (string file in result.Files) json.WriteStringValue(file);
        json.WriteEndArray();
        json.WritePropertyName("summary");
        using var summary = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(result.Output, "summary.json")));
        summary.RootElement.WriteTo(json);
    }

    private static void Section(TextWriter output, Style style, string title)
    {
        output.WriteLine();
        output.WriteLine(style.Bold(title));
    }

    private static string Sizes(StudyResult result, string method)
    {
        var sets = result.Selections.First(s => s.Method == method).Sets;
        return string.Join(", ", sets.Select(s => $"{s.Language} {Format.Count(s.Ids.Count(id => id.Part.IsFfn()))}"));
    }

    private static IEnumerable<string> Lines(IReadOnlyList<string> files, int width)
    {
        string line = "";
        foreach (string file in files)
        {
            if (line.Length > 0 && line.Length + 2 + file.Length > width)
            {
                yield return line + ",";
                line = "";
            }

            line += line.Length == 0 ? file : ", " + file;
        }

        if (line.Length > 0) yield return line;
    }
}

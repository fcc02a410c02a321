using System.Text.Json;
using Babel.Analysis.Ablation;
using Babel.Analysis.Runs;
using Babel.Analysis.Scoring;
using Babel.Analysis.Selection;
using Babel.Kernels;

namespace Babel.Analysis.Study;

/// <summary>The study in one JSON object: what the console prints, for programs.</summary>
internal static class StudySummary
{
    /// <summary>Writes the object. NaN and infinities, which JSON has not, are null.</summary>
    public static void Write(StudyResult result, Stream stream)
    {
        using (var json = new Utf8JsonWriter(stream, JsonText.Indented))
        {
            json.WriteStartObject();
            json.WriteNumber("format", 1);
            json.WriteString("device", result.Device);
            json.WriteString("precision", result.Precision.Word());
            Shape(json, result);
            Corpus(json, result);
            json.WriteStartArray("selections");
            foreach (var selection in result.Selections) Selection(json, selection);
            json.WriteEndArray();
            json.WriteStartArray("baseline");
            foreach (var score in result.Ablation.Baseline) Score(json, score);
            json.WriteEndArray();
            json.WriteStartArray("controlSeeds");
            foreach (long seed in result.Ablation.Seeds) json.WriteNumberValue(seed);
            json.WriteEndArray();
            json.WriteStartArray("ablation");
            foreach (var row in result.Ablation.Rows) Row(json, row);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        stream.WriteByte((byte)'\n');
    }

    private static void Shape(Utf8JsonWriter json, StudyResult result)
    {
        json.WriteStartObject("model");
        json.WriteString("fingerprint", result.Neurons.Model);
        json.WriteNumber("layers", result.Shape.Layers);
        json.WriteNumber("ffnWidth", result.Shape.FfnWidth);
        json.WriteNumber("ffnNeurons", result.Shape.FfnNeurons);
        json.WriteNumber("heads", result.Shape.Heads);
        json.WriteNumber("kvHeads", result.Shape.KvHeads);
        json.WriteNumber("headDim", result.Shape.HeadDim);
        json.WriteEndObject();
    }

    private static void Corpus(Utf8JsonWriter json, StudyResult result)
    {
        json.WriteStartArray("corpus");
        foreach (var row in result.Corpus)
        {
            json.WriteStartObject();
            json.WriteString("language", row.Language);
            json.WriteNumber("detectionDocuments", row.DetectionDocuments);
            json.WriteNumber("detectionTokens", row.DetectionTokens);
            json.WriteNumber("evaluationDocuments", row.EvaluationDocuments);
            json.WriteNumber("evaluationTokens", row.EvaluationTokens);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Selection(Utf8JsonWriter json, LanguageNeurons selection)
    {
        json.WriteStartObject();
        json.WriteString("method", selection.Method);
        json.WriteStartObject("options");
        foreach (var (name, value) in selection.Options) json.WriteString(name, value);
        json.WriteEndObject();
        json.WriteStartArray("sets");
        foreach (var set in selection.Sets)
        {
            json.WriteStartObject();
            json.WriteString("language", set.Language);
            json.WriteNumber("neurons", set.Neurons.Count);
            json.WriteStartObject("parts");
            foreach (var part in set.Ids.GroupBy(id => id.Part).OrderBy(g => g.Key)) json.WriteNumber(part.Key.ToString(), part.Count());
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Score(Utf8JsonWriter json, LanguageScore score)
    {
        json.WriteStartObject();
        json.WriteString("language", score.Language);
        json.WriteNumber("documents", score.Documents);
        json.WriteNumber("tokens", score.Tokens);
        json.WriteNumber("bytes", score.Bytes);
        Estimate(json, "nll", score.Nll);
        Estimate(json, "perplexity", score.Perplexity);
        Estimate(json, "bitsPerByte", score.BitsPerByte);
        json.WriteEndObject();
    }

    private static void Row(Utf8JsonWriter json, AblationRow row)
    {
        json.WriteStartObject();
        json.WriteString("set", row.Set);
        json.WriteNumber("neurons", row.Neurons);
        json.WriteNumberOrNull("ownDeltaNll", row.Own?.Delta.Nll.Value ?? double.NaN);
        json.WriteNumberOrNull("meanOfOthersDeltaNll", row.MeanOfOthers);
        json.WriteNumberOrNull("selectivity", row.Selectivity);
        json.WriteNumberOrNull("z", row.Own?.Z ?? double.NaN);
        json.WriteStartArray("languages");
        foreach (var cell in row.Cells)
        {
            json.WriteStartObject();
            json.WriteString("language", cell.Language);
            Estimate(json, "deltaNll", cell.Delta.Nll);
            Estimate(json, "relative", cell.Delta.Relative);
            Estimate(json, "deltaPerplexity", cell.Delta.Perplexity);
            json.WriteNumberOrNull("controlMean", cell.ControlMean);
            json.WriteNumberOrNull("controlDeviation", cell.ControlDeviation);
            json.WriteNumberOrNull("z", cell.Z);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Estimate(Utf8JsonWriter json, string name, RatioEstimate estimate)
    {
        json.WriteNumberOrNull(name, estimate.Value);
        json.WriteNumberOrNull(name + "Se", estimate.StandardError);
    }
}

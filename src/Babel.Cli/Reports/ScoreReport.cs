using System.Text.Json;
using Babel.Analysis.Scoring;
using Babel.Cli.Output;

namespace Babel.Cli.Reports;

/// <summary>Scores by language, as a table and as JSON.</summary>
internal static class ScoreReport
{
    /// <summary>One row a language.</summary>
    public static void Write(IReadOnlyList<LanguageScore> scores, TextWriter output, Style style)
    {
        var table = new Table(
            Column.Text("language"), Column.Number("NLL/token"), Column.Number("±"), Column.Number("perplexity"), Column.Number("±"),
            Column.Number("bits/byte"), Column.Number("±"), Column.Number("tokens"), Column.Number("documents"));
        foreach (var score in scores)
        {
            table.Add(
                score.Language,
                Format.Fixed(score.Nll.Value, 4),
                Format.Fixed(score.Nll.StandardError, 4),
                Format.Fixed(score.Perplexity.Value, 2),
                Format.Fixed(score.Perplexity.StandardError, 2),
                Format.Fixed(score.BitsPerByte.Value, 4),
                Format.Fixed(score.BitsPerByte.StandardError, 4),
                Format.Count(score.Tokens),
                Format.Count(score.Documents));
        }

        table.WriteTo(output, style);
    }

    /// <summary>An array <c>scores</c>.</summary>
    public static void Write(Utf8JsonWriter json, string name, IReadOnlyList<LanguageScore> scores)
    {
        json.WriteStartArray(name);
        foreach (var score in scores)
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

        json.WriteEndArray();
    }

    /// <summary>A value and its standard error, <c>name</c> and <c>name_se</c>.</summary>
    public static void Estimate(Utf8JsonWriter json, string name, RatioEstimate estimate)
    {
        json.Number(name, estimate.Value);
        json.Number(name + "Se", estimate.StandardError);
    }
}

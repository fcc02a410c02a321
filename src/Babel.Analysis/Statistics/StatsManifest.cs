using System.Text;
using System.Text.Json;
using Babel.Analysis.Errors;
using Babel.Analysis.Json;
using Babel.Kernels;
using Babel.Model;

namespace Babel.Analysis.Statistics;

/// <summary>
/// The manifest of stored statistics, a JSON object: format version, fingerprints of model, tokenizer and documents, sizes, options, producers,
/// and the languages with their documents and tokens. Everything needed to say what the numbers are of; no time and no path, so that the same statistics are
/// the same bytes.
/// </summary>
internal static class StatsManifest
{
    public static string Write(NeuronStats stats)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            var header = stats.Header;
            json.WriteStartObject();
            json.WriteNumber("format", StatsHeader.CurrentFormat);
            json.WriteString("model", header.Model);
            json.WriteString("tokenizer", header.Tokenizer);
            json.WriteNumber("context", header.Context);
            json.WriteString("precision", header.Precision.Word());
            json.WriteString("corpus", stats.CorpusFingerprint);
            WriteShape(json, header.Shape);
            WriteOptions(json, header.Options, header.Shape);
            json.WriteStartArray("producers");
            foreach (string producer in header.Producers) json.WriteStringValue(producer);
            json.WriteEndArray();
            json.WriteStartArray("languages");
            foreach (var language in stats.Languages)
            {
                json.WriteStartObject();
                json.WriteString("language", language.Language);
                json.WriteNumber("documents", language.Documents.Count);
                json.WriteNumber("tokens", language.Tokens);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    public static (StatsHeader Header, IReadOnlyList<(string Language, int Documents)> Languages, string Corpus) Read(string text, string path)
    {
        try
        {
            using var json = JsonDocument.Parse(text, new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = 8 });
            var root = new JsonFields(
                json.RootElement, path, "format", "model", "tokenizer", "context", "precision", "corpus", "shape", "options", "producers", "languages");
            if (root.Natural("format") != StatsHeader.CurrentFormat)
            {
                throw new StoreCorruptException(
                    "stored statistics are of another version", path, $"format {StatsHeader.CurrentFormat}", $"{root.Natural("format")}",
                    "read them with the program that wrote them, or take them again");
            }

            var header = new StatsHeader
            {
                Model = root.String("model"),
                Tokenizer = root.String("tokenizer"),
                Context = root.Natural("context"),
                Precision = ReadPrecision(root, path),
                Shape = ReadShape(root.Object("shape"), path),
                Options = ReadOptions(root.Object("options"), path),
                Producers = [.. root.Array("producers").Select(p => p.GetString() ?? "")],
            };
            var languages = root.Array("languages").Select(l => new JsonFields(l, path, "language", "documents", "tokens"))
                .Select(l => (l.String("language"), l.Natural("documents")));
            return (header, [.. languages], root.String("corpus"));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            throw new StoreCorruptException("the manifest of stored statistics cannot be read", path, found: e.Message, inner: e);
        }
    }

    // Manifests written before there was a choice do not name it.
    private static Precision ReadPrecision(JsonFields root, string path)
    {
        if (!root.Has("precision")) return Precision.Exact;
        return Precisions.TryParse(root.String("precision"), out var precision)
            ? precision
            : throw new StoreCorruptException(
                "stored statistics are of an unknown precision", path, "exact or fast", root.String("precision"), "read them with the program that wrote them");
    }

    private static void WriteShape(Utf8JsonWriter json, ModelShape shape)
    {
        json.WriteStartObject("shape");
        json.WriteNumber("layers", shape.Layers);
        json.WriteNumber("ffnWidth", shape.FfnWidth);
        json.WriteNumber("heads", shape.Heads);
        json.WriteNumber("kvHeads", shape.KvHeads);
        json.WriteNumber("headDim", shape.HeadDim);
        json.WriteBoolean("gatedFfn", shape.GatedFfn);
        json.WriteEndObject();
    }

    private static ModelShape ReadShape(JsonElement element, string path)
    {
        var shape = new JsonFields(element, path, "layers", "ffnWidth", "heads", "kvHeads", "headDim", "gatedFfn");
        return new ModelShape(
            shape.Natural("layers"), shape.Natural("ffnWidth"), shape.Natural("heads"), shape.Natural("kvHeads"), shape.Natural("headDim"), shape.Boolean("gatedFfn"));
    }

    private static void WriteOptions(Utf8JsonWriter json, StatisticsOptions options, ModelShape shape)
    {
        json.WriteStartObject("options");
        json.WriteString("parts", string.Join(',', options.PartsOf(shape)));
        json.WriteString("importance", options.Importance.ToString());
        json.WriteString("qkImportance", options.QkImportance.ToString());
        json.WriteBoolean("keepDocuments", options.KeepDocuments);
        json.WriteEndObject();
    }

    private static StatisticsOptions ReadOptions(JsonElement element, string path)
    {
        var options = new JsonFields(element, path, "parts", "importance", "qkImportance", "keepDocuments");
        string parts = options.String("parts");
        return new StatisticsOptions
        {
            Parts = [.. parts.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(Enum.Parse<NeuronPart>)],
            Importance = Enum.Parse<ImportanceForms>(options.String("importance")),
            QkImportance = Enum.Parse<ImportanceForms>(options.String("qkImportance")),
            KeepDocuments = options.Boolean("keepDocuments"),
        };
    }
}

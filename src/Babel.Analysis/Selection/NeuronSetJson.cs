using System.Text.Json;
using Babel.Analysis.Errors;
using Babel.Analysis.Json;
using Babel.Model;
using Babel.Model.Files;

namespace Babel.Analysis.Selection;

/// <summary>
/// The exchange format of neuron sets: one JSON object <c>{"model", "method", "options": {name: text}, "sets": [{"language", "neurons":
/// [{"layer", "part", "index", "score", "hits"?, "minImp"?, "meanImp"?}]}]}</c>. Numbers round-trip exactly. Reading is strict: an unknown
/// field, a part that is none, a neuron or a language twice are errors that say where.
/// </summary>
public static class NeuronSetJson
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 16 };

    /// <summary>Writes a file whole or not at all.</summary>
    public static void Save(LanguageNeurons neurons, string path) => AtomicFile.Write(path, stream => Write(neurons, stream));

    /// <summary>Writes the object.</summary>
    public static void Write(LanguageNeurons neurons, Stream stream)
    {
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteString("model", neurons.Model);
        json.WriteString("method", neurons.Method);
        json.WriteStartObject("options");
        foreach (var (name, value) in neurons.Options) json.WriteString(name, value);
        json.WriteEndObject();
        json.WriteStartArray("sets");
        foreach (var set in neurons.Sets)
        {
            json.WriteStartObject();
            json.WriteString("language", set.Language);
            json.WriteStartArray("neurons");
            foreach (var neuron in set.Neurons) WriteNeuron(json, neuron);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>Reads a file written by <see cref="Save"/> or by hand.</summary>
    /// <exception cref="StoreCorruptException">The file is not of this format.</exception>
    public static LanguageNeurons Load(string path) => Parse(File.ReadAllBytes(path), path);

    /// <summary>Reads the object.</summary>
    /// <param name="utf8">The text.</param>
    /// <param name="where">What it is called in messages.</param>
    /// <exception cref="StoreCorruptException">The text is not of this format.</exception>
    public static LanguageNeurons Parse(ReadOnlyMemory<byte> utf8, string where)
    {
        try
        {
            using var json = JsonDocument.Parse(utf8, Strict);
            var root = new JsonFields(json.RootElement, where, "model", "method", "options", "sets");
            var options = root.Object("options").EnumerateObject()
                .Select(p => new KeyValuePair<string, string>(p.Name, p.Value.GetString() ?? throw new InvalidOperationException($"options.{p.Name} is null")));
            var neurons = new LanguageNeurons(
                root.String("model"), root.String("method"), [.. options], [.. root.Array("sets").Select((s, i) => ReadSet(s, $"{where}, sets[{i}]"))]);
            string? twice = neurons.Sets.GroupBy(s => s.Language, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1)?.Key;
            return twice is null ? neurons : throw new StoreCorruptException("a language has two sets", where, found: twice);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new StoreCorruptException(
                "a file of neuron sets cannot be read", where, "{model, method, options, sets: [{language, neurons: [{layer, part, index, score}]}]}", e.Message, inner: e);
        }
    }

    private static void WriteNeuron(Utf8JsonWriter json, ScoredNeuron neuron)
    {
        json.WriteStartObject();
        json.WriteNumber("layer", neuron.Id.Layer);
        json.WriteString("part", neuron.Id.Part.ToString());
        json.WriteNumber("index", neuron.Id.Index);
        json.WriteNumber("score", neuron.Score);
        if (neuron.Hits is { } hits) json.WriteNumber("hits", hits);
        if (neuron.MinImportance is { } least) json.WriteNumber("minImp", least);
        if (neuron.MeanImportance is { } mean) json.WriteNumber("meanImp", mean);
        json.WriteEndObject();
    }

    private static NeuronSet ReadSet(JsonElement element, string where)
    {
        var fields = new JsonFields(element, where, "language", "neurons");
        var set = new NeuronSet(
            fields.String("language"), [.. fields.Array("neurons").Select((n, i) => ReadNeuron(n, $"{where}.neurons[{i}]"))]);
        var seen = new HashSet<NeuronId>();
        foreach (var id in set.Ids)
        {
            if (!seen.Add(id)) throw new StoreCorruptException("a set holds a neuron twice", where, found: id.ToString());
        }

        return set;
    }

    private static ScoredNeuron ReadNeuron(JsonElement element, string where)
    {
        var fields = new JsonFields(element, where, "layer", "part", "index", "score", "hits", "minImp", "meanImp");
        string name = fields.String("part");
        if (!Enum.GetNames<NeuronPart>().Contains(name, StringComparer.Ordinal))
            throw new StoreCorruptException("a neuron is of no part", where, string.Join(", ", Enum.GetNames<NeuronPart>()), name);
        return new ScoredNeuron(
            new NeuronId(fields.Natural("layer"), Enum.Parse<NeuronPart>(name), fields.Natural("index")), fields.Number("score") ?? 0)
        {
            Hits = fields.Has("hits") ? fields.Natural("hits") : null,
            MinImportance = fields.Number("minImp"),
            MeanImportance = fields.Number("meanImp"),
        };
    }
}

using System.Text.Json;
using Babel.Analysis.Errors;
using Babel.Model;

namespace Babel.Analysis.Selection;

/// <summary>
/// Imports sets published as nested lists [language][layer][indices] of FFN neurons, the form of the released LAPE files (converted to JSON).
/// </summary>
public static class NestedLists
{
    /// <summary>Reads the lists.</summary>
    /// <param name="utf8">The JSON text.</param>
    /// <param name="languages">Codes of the outer list's entries, in order.</param>
    /// <param name="layers">L.</param>
    /// <param name="ffnWidth">F.</param>
    /// <param name="model">The model's fingerprint, for the record.</param>
    /// <param name="where">What it is called in messages.</param>
    /// <exception cref="StoreCorruptException">Not such lists, or not of this model's sizes.</exception>
    public static LanguageNeurons Parse(
        ReadOnlyMemory<byte> utf8, IReadOnlyList<string> languages, int layers, int ffnWidth, string model, string where)
    {
        try
        {
            using var json = JsonDocument.Parse(utf8);
            var root = Sized(json.RootElement, languages.Count, "languages", where);
            var sets = root.Select((l, i) => new NeuronSet(languages[i], Neurons(l, layers, ffnWidth, $"{where}[{i}]")));
            return new LanguageNeurons(model, "import", [], [.. sets.OrderBy(s => s.Language, StringComparer.Ordinal)]);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new StoreCorruptException("nested lists of neurons cannot be read", where, "[[[index, ...], ...], ...]", e.Message, inner: e);
        }
    }

    private static List<ScoredNeuron> Neurons(JsonElement language, int layers, int ffnWidth, string where)
    {
        var neurons = new List<ScoredNeuron>();
        var seen = new HashSet<NeuronId>();
        foreach (var (layer, list) in Sized(language, layers, "layers", where).Index())
        {
            foreach (var entry in list.EnumerateArray())
            {
                int index = entry.GetInt32();
                var id = new NeuronId(layer, NeuronPart.Down, index);
                if ((uint)index >= (uint)ffnWidth || !seen.Add(id))
                {
                    throw new StoreCorruptException(
                        "a list of neurons does not fit the model", $"{where}[{layer}]", $"distinct indices below {ffnWidth}", $"{index}");
                }

                neurons.Add(new ScoredNeuron(id, 0));
            }
        }

        return neurons;
    }

    private static IEnumerable<JsonElement> Sized(JsonElement list, int count, string what, string where) =>
        list.ValueKind == JsonValueKind.Array && list.GetArrayLength() == count
            ? list.EnumerateArray()
            : throw new StoreCorruptException(
                $"nested lists have another number of {what}", where, $"{count}",
                list.ValueKind == JsonValueKind.Array ? $"{list.GetArrayLength()}" : list.ValueKind.ToString());
}

using System.Text.Json;
using Babel.Model.Errors;

namespace Babel.Model.Families;

/// <summary>
/// Reads <c>config.json</c> and remembers which keys were understood. <see cref="Finish"/> refuses the rest by name: a key nobody read may change
/// the mathematics, and a wrong number looks like a right one.
/// </summary>
internal sealed class ConfigReader(string path, JsonElement root, string prefix = "")
{
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);

    /// <summary>Where it was read, for messages.</summary>
    public string Path => path;

    /// <summary>A positive integer. Several names are spellings of one key; the first is this program's.</summary>
    public int Int(params ReadOnlySpan<string> names) => IntOr(null, names) ?? throw Missing(names[0], "a positive integer");

    /// <summary>A positive integer, or <paramref name="fallback"/> where no spelling is given or the value is null.</summary>
    public int? IntOr(int? fallback, params ReadOnlySpan<string> names)
    {
        if (Find(names) is not { } found) return fallback;
        return found.Value.ValueKind == JsonValueKind.Number && found.Value.TryGetInt32(out int value) && value > 0
            ? value
            : throw Wrong(found.Key, "a positive integer", found.Value);
    }

    /// <summary>An integer of any sign, or null.</summary>
    public int? Id(string name)
    {
        if (Find(name) is not { } found) return null;
        if (found.Value.ValueKind == JsonValueKind.Array) return Ids(name) is [var first, ..] ? first : null;
        return found.Value.ValueKind == JsonValueKind.Number && found.Value.TryGetInt32(out int id) ? id : throw Wrong(name, "a token id", found.Value);
    }

    /// <summary>An id or a list of ids.</summary>
    public IReadOnlyList<int> Ids(string name)
    {
        if (Find(name) is not { } found) return [];
        var values = found.Value.ValueKind == JsonValueKind.Array ? found.Value.EnumerateArray().ToArray() : [found.Value];
        return
        [
            .. values.Select(v => v.ValueKind == JsonValueKind.Number && v.TryGetInt32(out int id) ? id : throw Wrong(name, "token ids", found.Value)),
        ];
    }

    /// <summary>A finite number, or <paramref name="fallback"/>.</summary>
    public double Number(double fallback, params ReadOnlySpan<string> names) => NumberOrNull(names) ?? fallback;

    /// <summary>A finite number, or null where no spelling is given.</summary>
    public double? NumberOrNull(params ReadOnlySpan<string> names)
    {
        if (Find(names) is not { } found) return null;
        return found.Value.ValueKind == JsonValueKind.Number && found.Value.TryGetDouble(out double value) && double.IsFinite(value)
            ? value
            : throw Wrong(found.Key, "a number", found.Value);
    }

    /// <summary>true or false, or <paramref name="fallback"/>.</summary>
    public bool Flag(string name, bool fallback)
    {
        if (Find(name) is not { } found) return fallback;
        return found.Value.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => throw Wrong(name, "true or false", found.Value),
        };
    }

    /// <summary>A string, or null.</summary>
    public string? Text(params ReadOnlySpan<string> names)
    {
        if (Find(names) is not { } found) return null;
        return found.Value.ValueKind == JsonValueKind.String ? found.Value.GetString() : throw Wrong(found.Key, "a string", found.Value);
    }

    /// <summary>A list of strings, or null.</summary>
    public IReadOnlyList<string>? Texts(string name)
    {
        if (Find(name) is not { } found) return null;
        return found.Value.ValueKind == JsonValueKind.Array && found.Value.EnumerateArray().All(v => v.ValueKind == JsonValueKind.String)
            ? [.. found.Value.EnumerateArray().Select(v => v.GetString()!)]
            : throw Wrong(name, "a list of strings", found.Value);
    }

    /// <summary>An object, as a reader of its own whose <see cref="Finish"/> the caller calls; null where it is not given.</summary>
    public ConfigReader? Section(string name)
    {
        if (Find(name) is not { } found) return null;
        return found.Value.ValueKind == JsonValueKind.Object ? new ConfigReader(path, found.Value, $"{prefix}{name}.") : throw Wrong(name, "an object", found.Value);
    }

    /// <summary>Refuses a flag that asks for mathematics this program does not have.</summary>
    public void Require(string name, bool value, string why)
    {
        if (Flag(name, value) != value) throw Unsupported(name, value ? "true" : "false", value ? "false" : "true", why);
    }

    /// <summary>Keys that say nothing about the forward pass.</summary>
    public void Ignore(params ReadOnlySpan<string> names)
    {
        foreach (string name in names) _known.Add(name);
    }

    /// <summary>Whether the key is there and not null.</summary>
    public bool Has(string name) => Find(name) is not null;

    /// <summary>Whether the key is there and null: "none", where an absent key means the family's default.</summary>
    public bool IsNull(string name)
    {
        _known.Add(name);
        return root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Null;
    }

    /// <summary>Refuses every key that was neither read nor ignored and is not null.</summary>
    public void Finish(string family)
    {
        foreach (var entry in root.EnumerateObject())
        {
            if (_known.Contains(entry.Name) || entry.Value.ValueKind == JsonValueKind.Null) continue;
            throw new UnsupportedModelException(
                $"the configuration has a key that is not understood: {prefix}{entry.Name}",
                path,
                $"keys of the {family} family as listed in docs/formats.md",
                $"\"{prefix}{entry.Name}\": {Cut(entry.Value)}",
                "it may change the mathematics; remove the key if it is known not to, or add it to the family (docs/adding-a-model.md)");
        }
    }

    public UnsupportedModelException Unsupported(string name, string expected, string found, string why) =>
        new($"the configuration asks for something that is not implemented: {prefix}{name}", path, $"\"{prefix}{name}\": {expected}", found, why);

    private ModelFormatException Missing(string name, string expected) =>
        new($"the configuration lacks a key: {prefix}{name}", path, $"\"{prefix}{name}\": {expected}", "no such key, or null");

    private ModelFormatException Wrong(string name, string expected, JsonElement found) =>
        new($"a key of the configuration has an impossible value: {prefix}{name}", path, expected, Cut(found));

    /// <summary>The first spelling that is given; two that contradict each other are an error.</summary>
    private (string Key, JsonElement Value)? Find(params ReadOnlySpan<string> names)
    {
        (string Key, JsonElement Value)? first = null;
        foreach (string name in names)
        {
            _known.Add(name);
            if (!root.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null) continue;
            if (first is null)
            {
                first = (name, value);
            }
            else if (!Same(first.Value.Value, value))
            {
                throw new ModelFormatException(
                    "two spellings of one key of the configuration disagree", path, $"{prefix}{first.Value.Key}: {first.Value.Value}", $"{prefix}{name}: {value}");
            }
        }

        return first;
    }

    private static bool Same(JsonElement a, JsonElement b) =>
        a.ValueKind == JsonValueKind.Number && b.ValueKind == JsonValueKind.Number ? a.GetDouble().Equals(b.GetDouble()) : JsonElement.DeepEquals(a, b);

    private static string Cut(JsonElement value)
    {
        string text = value.GetRawText();
        return text.Length > 100 ? text[..100] + "..." : text;
    }
}

using System.Text.Json;
using Babel.Analysis.Errors;

namespace Babel.Analysis.Json;

/// <summary>The fields of a JSON object, read strictly: only known names, of the expected kind.</summary>
internal readonly struct JsonFields
{
    private readonly JsonElement _element;
    private readonly string _where;

    public JsonFields(JsonElement element, string where, params ReadOnlySpan<string> known)
    {
        (_element, _where) = (element, where);
        if (element.ValueKind != JsonValueKind.Object)
            throw new StoreCorruptException("a JSON value is no object", where, "an object", element.ValueKind.ToString());
        foreach (var property in element.EnumerateObject())
        {
            if (!known.Contains(property.Name))
                throw new StoreCorruptException("a JSON object has an unknown field", where, string.Join(", ", known), property.Name);
        }
    }

    public bool Has(string name) => _element.TryGetProperty(name, out _);

    public string String(string name) => Get(name, JsonValueKind.String).GetString()!;

    public JsonElement Object(string name) => Get(name, JsonValueKind.Object);

    public IEnumerable<JsonElement> Array(string name) => Get(name, JsonValueKind.Array).EnumerateArray();

    public bool Boolean(string name) => _element.TryGetProperty(name, out var value) && (value.ValueKind is JsonValueKind.True or JsonValueKind.False)
        ? value.GetBoolean()
        : throw new StoreCorruptException($"'{name}' is missing or no truth value", _where);

    public int Natural(string name) => Get(name, JsonValueKind.Number).TryGetInt32(out int value) && value >= 0
        ? value
        : throw new StoreCorruptException($"'{name}' is no index", _where, "an integer from 0", Get(name, JsonValueKind.Number).GetRawText());

    public double? Number(string name)
    {
        if (!Has(name)) return null;
        double value = Get(name, JsonValueKind.Number).GetDouble();
        return double.IsFinite(value) ? value : throw new StoreCorruptException($"'{name}' is too large", _where, "a float64", $"{value}");
    }

    private JsonElement Get(string name, JsonValueKind kind)
    {
        if (!_element.TryGetProperty(name, out var value))
            throw new StoreCorruptException($"'{name}' is missing", _where);
        return value.ValueKind == kind
            ? value
            : throw new StoreCorruptException($"'{name}' is of another kind", _where, kind.ToString(), value.ValueKind.ToString());
    }
}

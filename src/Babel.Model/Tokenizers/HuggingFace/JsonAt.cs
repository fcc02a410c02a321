using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Babel.Model.Errors;

namespace Babel.Model.Tokenizers.HuggingFace;

/// <summary>A JSON value that knows where it stands, so that every complaint has a path.</summary>
internal readonly record struct JsonAt(JsonElement Element, string File, string Path)
{
    public JsonValueKind Kind => Element.ValueKind;

    public string Where => $"{File}: {Path}";

    public JsonAt Object() => Kind == JsonValueKind.Object ? this : throw Bad("an object");

    /// <summary>A member, or null where it is absent or null.</summary>
    public JsonAt? Optional(string name)
    {
        Object();
        return Element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? new JsonAt(value, File, $"{Path}.{name}") : null;
    }

    public JsonAt Required(string name) => Optional(name) ?? throw Bad($"a member \"{name}\"");

    public IEnumerable<JsonAt> Items()
    {
        if (Kind != JsonValueKind.Array) throw Bad("an array");
        return Walk(this);

        static IEnumerable<JsonAt> Walk(JsonAt array)
        {
            var i = 0;
            foreach (var item in array.Element.EnumerateArray()) yield return new JsonAt(item, array.File, $"{array.Path}[{i++}]");
        }
    }

    public int Count => Kind == JsonValueKind.Array ? Element.GetArrayLength() : throw Bad("an array");

    public string String()
    {
        if (Kind != JsonValueKind.String) throw Bad("a string");
        try
        {
            return Element.GetString()!;
        }
        catch (InvalidOperationException error)
        {
            throw Bad("a string of Unicode characters", "lone surrogates or bytes that are not UTF-8", error);
        }
    }

    public bool Bool() => Kind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Bad("true or false"),
    };

    public int Int() => Kind == JsonValueKind.Number && Element.TryGetInt32(out var value) ? value : throw Bad("a whole number");

    public double Double() => Kind == JsonValueKind.Number && Element.TryGetDouble(out var value) && double.IsFinite(value) ? value : throw Bad("a number");

    /// <summary>A number as the reference reads it; see <see cref="RustNumber"/>.</summary>
    public double RustDouble()
    {
        Double();
        var value = RustNumber.Parse(JsonMarshal.GetRawUtf8Value(Element));
        return double.IsFinite(value) ? value : throw Bad("a number");
    }

    /// <summary>One character.</summary>
    public Rune Character()
    {
        var text = String();
        return Rune.TryGetRuneAt(text, 0, out var rune) && rune.Utf16SequenceLength == text.Length ? rune : throw Bad("one character");
    }

    /// <summary>A string as UTF-8, without making a .NET string where the file has it plainly.</summary>
    public static ReadOnlySpan<byte> Utf8Of(in JsonAt value)
    {
        if (value.Kind == JsonValueKind.String)
        {
            var raw = JsonMarshal.GetRawUtf8Value(value.Element);
            if (raw.IndexOf((byte)'\\') < 0 && System.Text.Unicode.Utf8.IsValid(raw)) return raw[1..^1];
        }

        return Encoding.UTF8.GetBytes(value.String());
    }

    public ModelFormatException Bad(string expected, string? found = null, Exception? inner = null) =>
        new("a JSON file of the model is not as its format asks", Where, expected, found ?? Found(), inner: inner);

    private string Found()
    {
        if (Kind is JsonValueKind.Object or JsonValueKind.Array) return Kind == JsonValueKind.Object ? "an object" : "an array";
        var text = Element.GetRawText();
        return text.Length > 60 ? text[..60] + "…" : text;
    }
}

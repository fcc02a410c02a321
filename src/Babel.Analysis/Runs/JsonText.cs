using System.Text.Encodings.Web;
using System.Text.Json;

namespace Babel.Analysis.Runs;

/// <summary>How this project writes JSON for people: two spaces, LF on every system, letters of any script as they are.</summary>
internal static class JsonText
{
    public static readonly JsonWriterOptions Indented = new()
    {
        Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>A number, or null where JSON has none (NaN, infinities).</summary>
    public static void WriteNumberOrNull(this Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value)) json.WriteNumber(name, value);
        else json.WriteNull(name);
    }
}

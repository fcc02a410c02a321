using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Babel.Cli.Output;

/// <summary>Writes the one JSON document a command puts on stdout.</summary>
internal static class JsonDocumentWriter
{
    // Text of any script stays legible; the document goes to a stream, never into a web page.
    private static readonly JsonWriterOptions Options = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Composes the whole document first, so that a failure half way leaves stdout empty.</summary>
    public static void Write(TextWriter output, Action<Utf8JsonWriter> compose)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, Options))
        {
            writer.WriteStartObject();
            compose(writer);
            writer.WriteEndObject();
        }

        output.WriteLine(Encoding.UTF8.GetString(buffer.WrittenSpan));
    }

    /// <summary>A number; null where JSON has no word for it.</summary>
    public static void Number(this Utf8JsonWriter writer, string name, double value)
    {
        if (double.IsFinite(value)) writer.WriteNumber(name, value);
        else writer.WriteNull(name);
    }
}

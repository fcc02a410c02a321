using System.Text;
using Babel.Model.Errors;

namespace Babel.Analysis.Corpora;

/// <summary>The lines of a file as strictly decoded UTF-8, read in blocks so that a corpus may be larger than an array.</summary>
internal static class Utf8Lines
{
    private const int LongestLine = 1 << 28;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Line number (0-based) and text of every line; LF or CRLF ends a line, a byte order mark at the start is dropped.</summary>
    /// <exception cref="ModelFormatException">Bytes that are not UTF-8, or a line over 256 MiB.</exception>
    public static IEnumerable<(int Number, string Text)> Read(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
        var buffer = new byte[1 << 16];
        int start = 0, filled = 0, number = 0;
        long offset = 0;
        while (true)
        {
            int end = buffer.AsSpan(start, filled - start).IndexOf((byte)'\n');
            if (end >= 0)
            {
                yield return (number++, Decode(buffer.AsSpan(start, end), path, number, offset + start));
                start += end + 1;
                continue;
            }

            offset += start;
            (buffer, filled, start) = (Compacted(buffer, start, filled, path, number), filled - start, 0);
            int read = stream.Read(buffer, filled, buffer.Length - filled);
            if (read == 0) break;
            filled += read;
        }

        if (filled > 0) yield return (number, Decode(buffer.AsSpan(0, filled), path, number + 1, offset));
    }

    private static byte[] Compacted(byte[] buffer, int start, int filled, string path, int number)
    {
        int rest = filled - start;
        if (rest > LongestLine)
        {
            throw new ModelFormatException(
                "a line of a corpus is too long", where: $"{path}, line {number + 1}", expected: $"at most {LongestLine} bytes",
                hint: "one line is one document; split the text at its line breaks");
        }

        var target = rest > buffer.Length / 2 ? new byte[buffer.Length * 2] : buffer;
        buffer.AsSpan(start, rest).CopyTo(target);
        return target;
    }

    private static string Decode(ReadOnlySpan<byte> line, string path, int number, long offset)
    {
        if (offset == 0 && line.StartsWith("\uFEFF"u8))
        {
            line = line[3..];
            offset = 3;
        }

        if (line.EndsWith("\r"u8)) line = line[..^1];
        try
        {
            return Strict.GetString(line);
        }
        catch (DecoderFallbackException e)
        {
            throw new ModelFormatException(
                "a corpus is not UTF-8",
                where: $"{path}, line {number}, byte offset {offset + FirstBad(line)}",
                expected: "UTF-8",
                found: $"bytes {Convert.ToHexStringLower(line.Slice(FirstBad(line), Math.Min(4, line.Length - FirstBad(line))))}",
                hint: "convert it, for example: iconv -f LATIN1 -t UTF-8",
                inner: e);
        }
    }

    private static int FirstBad(ReadOnlySpan<byte> line)
    {
        int at = 0;
        while (at < line.Length && Rune.DecodeFromUtf8(line[at..], out _, out int used) == System.Buffers.OperationStatus.Done)
            at += used;
        return at;
    }
}

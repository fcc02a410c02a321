using System.Globalization;
using System.Text;
using Babel.Model.Tokenizers.Text;

namespace Babel.Model.Tokenizers.HuggingFace;

/// <summary>
/// Precompiled, as Hugging Face applies it, which is not as SentencePiece does: a grapheme cluster of less than six
/// bytes is replaced whole by the replacement of its shortest matching prefix; longer ones go character by character.
/// </summary>
internal sealed class CharsmapNormalizer(Charsmap map) : TextNormalizer
{
    public override bool Apply(ReadOnlySpan<byte> text, ByteBuffer output)
    {
        Span<char> cluster = stackalloc char[64];
        for (var at = 0; at < text.Length;)
        {
            var length = ClusterLength(text[at..], cluster);
            Cluster(text.Slice(at, length), output);
            at += length;
        }

        return true;
    }

    private void Cluster(ReadOnlySpan<byte> cluster, ByteBuffer output)
    {
        if (cluster.Length < 6 && map.Match(cluster, shortest: true, out var whole) > 0)
        {
            output.Append(whole);
            return;
        }

        for (var at = 0; at < cluster.Length;)
        {
            var part = cluster.Slice(at, Utf8.LengthOf(cluster[at]));
            output.Append(map.Match(part, shortest: true, out var replaced) > 0 ? replaced : part);
            at += part.Length;
        }
    }

    // Extended grapheme clusters (UAX #29). Two ASCII characters are never one, but for CR LF.
    private static int ClusterLength(ReadOnlySpan<byte> text, Span<char> buffer)
    {
        if (text[0] < 0x80 && (text.Length == 1 || text[1] < 0x80)) return text[0] == '\r' && text.Length > 1 && text[1] == '\n' ? 2 : 1;

        // A window of the text as UTF-16; made larger where a cluster fills it.
        for (var window = 24; ; window *= 4)
        {
            var bytes = Math.Min(window, text.Length);
            while (bytes < text.Length && (text[bytes] & 0xC0) == 0x80) bytes++;
            var characters = bytes <= buffer.Length ? buffer : new char[bytes];
            var count = Encoding.UTF8.GetChars(text[..bytes], characters);
            var length = StringInfo.GetNextTextElementLength(characters[..count]);
            if (length < count || bytes == text.Length) return Encoding.UTF8.GetByteCount(characters[..length]);
        }
    }
}

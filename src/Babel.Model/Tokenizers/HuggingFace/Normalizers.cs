using System.Text;
using Babel.Model.Tokenizers.Patterns;
using Babel.Model.Tokenizers.Text;

namespace Babel.Model.Tokenizers.HuggingFace;

/// <summary>Prepend: a text in front of whatever is not empty.</summary>
internal sealed class PrependNormalizer(byte[] prefix) : TextNormalizer
{
    public override bool Apply(ReadOnlySpan<byte> text, ByteBuffer output)
    {
        if (text.IsEmpty) return false;
        output.Append(prefix);
        output.Append(text);
        return true;
    }
}

/// <summary>Replace: every match of a pattern by a text.</summary>
internal sealed class ReplaceNormalizer(ISplitPattern pattern, byte[] content) : TextNormalizer
{
    public override bool Apply(ReadOnlySpan<byte> text, ByteBuffer output)
    {
        if (text.IsEmpty) return false;
        var matches = new List<TextSplit>();
        pattern.FindMatches(text, matches);
        foreach (var (start, end, isMatch) in matches) output.Append(isMatch ? content : text[start..end]);
        return true;
    }
}

/// <summary>Replace of one byte, the commonest: the space of the SentencePiece manner.</summary>
internal sealed class ReplaceByteNormalizer(byte value, byte[] content) : TextNormalizer
{
    public override bool Apply(ReadOnlySpan<byte> text, ByteBuffer output)
    {
        if (text.IndexOf(value) < 0) return false;
        while (text.IndexOf(value) is >= 0 and var at)
        {
            output.Append(text[..at]);
            output.Append(content);
            text = text[(at + 1)..];
        }

        output.Append(text);
        return true;
    }
}

/// <summary>NFC, NFD, NFKC, NFKD.</summary>
internal sealed class UnicodeFormNormalizer(UnicodeForm form) : TextNormalizer
{
    public override bool Apply(ReadOnlySpan<byte> text, ByteBuffer output) => UnicodeNormalizer.Apply(text, form, output);
}

/// <summary>Strip: white space off either end.</summary>
internal sealed class StripNormalizer(bool left, bool right) : TextNormalizer
{
    public override bool Apply(ReadOnlySpan<byte> text, ByteBuffer output)
    {
        while (left && !text.IsEmpty)
        {
            var length = Utf8.Decode(text, 0, out var c);
            if (!CodePoints.IsSpace(c)) break;
            text = text[length..];
        }

        while (right && !text.IsEmpty)
        {
            var last = Utf8.StartOfLast(text, text.Length);
            Utf8.Decode(text, last, out var c);
            if (!CodePoints.IsSpace(c)) break;
            text = text[..last];
        }

        output.Append(text);
        return true;
    }
}

/// <summary>A change of single characters: Lowercase, StripAccents, Nmt.</summary>
internal sealed class CharacterNormalizer(Action<int, ByteBuffer> map) : TextNormalizer
{
    public override bool Apply(ReadOnlySpan<byte> text, ByteBuffer output)
    {
        for (var at = 0; at < text.Length;)
        {
            at += Utf8.Decode(text, at, out var c);
            map(c, output);
        }

        return true;
    }

    /// <summary>Full lower case of each character by itself, as Rust's char::to_lowercase.</summary>
    public static void Lowercase(int c, ByteBuffer output)
    {
        if (c == 0x130) output.Append("i\u0307"u8); // the one character whose lower case is two
        else output.AppendCodePoint(Rune.ToLowerInvariant(new Rune(c)).Value);
    }

    public static void StripAccents(int c, ByteBuffer output)
    {
        if (!OlderUnicode.IsMark(c)) output.AppendCodePoint(c);
    }

    /// <summary>SentencePiece's nmt rules: some controls go, some characters become spaces.</summary>
    public static void Nmt(int c, ByteBuffer output)
    {
        if (c is (>= 1 and <= 8) or 0xB or (>= 0xE and <= 0x1F) or 0x7F or 0x8F or 0x9F) return;
        var space = c is 9 or 0xA or 0xC or 0xD or 0x1680 or (>= 0x200B and <= 0x200F) or 0x2028 or 0x2029 or 0x2581 or 0xFEFF or 0xFFFD;
        output.AppendCodePoint(space ? ' ' : c);
    }
}

/// <summary>ByteLevel as a normalizer: bytes written as visible characters.</summary>
internal sealed class ByteLevelNormalizer : TextNormalizer
{
    public override bool Apply(ReadOnlySpan<byte> text, ByteBuffer output)
    {
        foreach (var b in text) output.AppendCodePoint(ByteAlphabet.CharacterOf(b));
        return true;
    }
}

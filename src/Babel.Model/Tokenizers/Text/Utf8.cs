using System.Runtime.CompilerServices;

namespace Babel.Model.Tokenizers.Text;

/// <summary>Code points in UTF-8 that is known to be well-formed (it came from a .NET string or was checked on load).</summary>
internal static class Utf8
{
    /// <summary>The code point at <paramref name="index"/>; returns how many bytes it takes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Decode(ReadOnlySpan<byte> text, int index, out int codePoint)
    {
        int first = text[index];
        if (first < 0x80)
        {
            codePoint = first;
            return 1;
        }

        return DecodeLong(text, index, first, out codePoint);
    }

    private static int DecodeLong(ReadOnlySpan<byte> text, int index, int first, out int codePoint)
    {
        if (first < 0xE0)
        {
            codePoint = ((first & 0x1F) << 6) | (text[index + 1] & 0x3F);
            return 2;
        }

        if (first < 0xF0)
        {
            codePoint = ((first & 0x0F) << 12) | ((text[index + 1] & 0x3F) << 6) | (text[index + 2] & 0x3F);
            return 3;
        }

        codePoint = ((first & 0x07) << 18) | ((text[index + 1] & 0x3F) << 12) | ((text[index + 2] & 0x3F) << 6) | (text[index + 3] & 0x3F);
        return 4;
    }

    /// <summary>The length of the sequence a lead byte opens.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int LengthOf(byte lead) => lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;

    /// <summary>Where the code point that ends just before <paramref name="end"/> starts.</summary>
    public static int StartOfLast(ReadOnlySpan<byte> text, int end)
    {
        var start = end - 1;
        while ((text[start] & 0xC0) == 0x80) start--;
        return start;
    }

    public static int Encode(int codePoint, Span<byte> to)
    {
        if (codePoint < 0x80)
        {
            to[0] = (byte)codePoint;
            return 1;
        }

        if (codePoint < 0x800)
        {
            to[0] = (byte)(0xC0 | (codePoint >> 6));
            to[1] = (byte)(0x80 | (codePoint & 0x3F));
            return 2;
        }

        if (codePoint < 0x10000)
        {
            to[0] = (byte)(0xE0 | (codePoint >> 12));
            to[1] = (byte)(0x80 | ((codePoint >> 6) & 0x3F));
            to[2] = (byte)(0x80 | (codePoint & 0x3F));
            return 3;
        }

        to[0] = (byte)(0xF0 | (codePoint >> 18));
        to[1] = (byte)(0x80 | ((codePoint >> 12) & 0x3F));
        to[2] = (byte)(0x80 | ((codePoint >> 6) & 0x3F));
        to[3] = (byte)(0x80 | (codePoint & 0x3F));
        return 4;
    }
}

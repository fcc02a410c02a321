using Babel.Model.Tokenizers.Text;

namespace Babel.Model.Tokenizers.HuggingFace;

/// <summary>GPT-2's visible alphabet for the 256 bytes: printable Latin-1 stands for itself, the rest is U+0100 and on.</summary>
internal static class ByteAlphabet
{
    private static readonly char[] Characters = Build();
    private static readonly short[] Bytes = Invert();

    public static char CharacterOf(byte value) => Characters[value];

    /// <summary>The byte a character stands for, or -1.</summary>
    public static int ByteOf(int codePoint) => (uint)codePoint < (uint)Bytes.Length ? Bytes[codePoint] : -1;

    /// <summary>Appends the bytes that a token's characters stand for; false, and nothing appended, where one stands for none.</summary>
    public static bool TryAppendBytes(ReadOnlySpan<byte> token, ByteBuffer output)
    {
        var before = output.Length;
        for (var at = 0; at < token.Length;)
        {
            at += Utf8.Decode(token, at, out var c);
            var value = ByteOf(c);
            if (value < 0)
            {
                output.Truncate(before);
                return false;
            }

            output.Append((byte)value);
        }

        return true;
    }

    private static char[] Build()
    {
        var characters = new char[256];
        var next = (char)256;
        for (var b = 0; b < 256; b++)
        {
            var visible = b is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF);
            characters[b] = visible ? (char)b : next++;
        }

        return characters;
    }

    private static short[] Invert()
    {
        var bytes = new short[512];
        Array.Fill(bytes, (short)-1);
        for (var b = 0; b < 256; b++) bytes[Characters[b]] = (short)b;
        return bytes;
    }
}

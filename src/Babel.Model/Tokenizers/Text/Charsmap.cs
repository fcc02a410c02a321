using System.Buffers.Binary;
using Babel.Model.Errors;

namespace Babel.Model.Tokenizers.Text;

/// <summary>
/// SentencePiece's compiled normalization rules: the size of a double-array trie, the trie, and the replacements, each
/// ended by a zero byte. A unit of the trie has a label (bits 0-7 and 31), a leaf flag (8) and an offset (10 and up,
/// times 256 where bit 9 is set); the unit of a leaf holds the place of its replacement.
/// </summary>
internal sealed class Charsmap
{
    private readonly uint[] _units;
    private readonly byte[] _replacements;

    private Charsmap(uint[] units, byte[] replacements)
    {
        _units = units;
        _replacements = replacements;
    }

    /// <summary>Reads a map, or null from nothing (identity).</summary>
    /// <exception cref="ModelFormatException">The sizes do not fit, or a replacement has no end.</exception>
    public static Charsmap? Read(ReadOnlySpan<byte> blob, string where)
    {
        if (blob.IsEmpty) return null;
        var size = blob.Length >= 4 ? BinaryPrimitives.ReadUInt32LittleEndian(blob) : uint.MaxValue;
        if (blob.Length < 4 || size >= blob.Length - 4 || size % 4 != 0 || size == 0)
            throw new ModelFormatException("a precompiled charsmap is torn", where, "a trie of whole units and then replacements", $"{blob.Length} bytes, trie of {size}");
        var units = new uint[size / 4];
        for (var i = 0; i < units.Length; i++) units[i] = BinaryPrimitives.ReadUInt32LittleEndian(blob[(4 + (i * 4))..]);
        var replacements = blob[(4 + (int)size)..].ToArray();
        if (replacements[^1] != 0) throw new ModelFormatException("a precompiled charsmap is torn", where, "replacements ended by zero bytes", "no zero at the end");
        var map = new Charsmap(units, replacements);
        map.Check(where);
        return map;
    }

    /// <summary>The length of the longest (or, as Hugging Face takes it, the shortest) rule that the text starts with; 0 for none.</summary>
    public int Match(ReadOnlySpan<byte> text, bool shortest, out ReadOnlySpan<byte> replacement)
    {
        int length = 0, value = -1;
        var units = _units;
        var position = Offset(units[0]);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == 0) break;
            position ^= text[i];
            if (position >= (uint)units.Length) break;
            var unit = units[position];
            if ((unit & 0x800000FF) != text[i]) break;
            position ^= Offset(unit);
            if ((unit >> 8 & 1) == 0) continue;
            if (position >= (uint)units.Length) break;

            // Rules are about characters; one that ends inside a character is damage.
            if (i + 1 < text.Length && (text[i + 1] & 0xC0) == 0x80) continue;
            length = i + 1;
            value = (int)(units[position] & 0x7FFFFFFF);
            if (shortest) break;
        }

        if (length == 0 || value >= _replacements.Length || (_replacements[value] & 0xC0) == 0x80)
        {
            replacement = default;
            return 0;
        }

        var tail = _replacements.AsSpan(value);
        replacement = tail[..tail.IndexOf((byte)0)];
        return length;
    }

    private static uint Offset(uint unit) => (unit >> 10) << (int)((unit & (1 << 9)) >> 6);

    // Every replacement must be text: what comes out of normalization is taken to be well-formed.
    private void Check(string where)
    {
        if (!System.Text.Unicode.Utf8.IsValid(_replacements))
            throw new ModelFormatException("a precompiled charsmap has replacements that are not text", where, "UTF-8", "other bytes");
        foreach (var unit in _units)
        {
            // Leaves are the units with bit 31; each must point at the start of a code point.
            if (unit >> 31 == 0) continue;
            var value = (int)(unit & 0x7FFFFFFF);
            if (value >= _replacements.Length || (_replacements[value] & 0xC0) == 0x80)
                throw new ModelFormatException("a precompiled charsmap points outside its replacements", where, $"an offset below {_replacements.Length}", $"{value}");
        }
    }
}

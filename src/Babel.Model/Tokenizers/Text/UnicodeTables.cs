using System.IO.Compression;

namespace Babel.Model.Tokenizers.Text;

/// <summary>
/// Combining classes, decompositions and compositions (UAX #15), unpacked once. Needed because string.Normalize returns
/// its argument unchanged when globalization is invariant, which this project's programs are.
/// </summary>
internal sealed partial class UnicodeTables
{
    private static readonly Lazy<UnicodeTables> Lazy = new(() => new UnicodeTables());

    private readonly Dictionary<int, byte> _classes = [];
    private readonly Dictionary<int, int[]> _canonical = [];
    private readonly Dictionary<int, int[]> _compatible = [];
    private readonly Dictionary<long, int> _pairs = [];

    /// <summary>One bit a form for each code point of planes 0 and 1: the character can take part in no change.</summary>
    private readonly byte[] _inert = new byte[0x20000];

    private UnicodeTables()
    {
        using var packed = new MemoryStream(Convert.FromBase64String(Deflated));
        using var stream = new DeflateStream(packed, CompressionMode.Decompress);
        ReadClasses(stream);
        ReadCanonical(stream);
        ReadCompatible(stream);
        MarkInert();
    }

    public static UnicodeTables Shared => Lazy.Value;

    public int ClassOf(int c) => c >= 0x300 && _classes.TryGetValue(c, out var k) ? k : 0;

    /// <summary>The full decomposition, or null where the character stands for itself. Hangul is the caller's.</summary>
    public int[]? Decompose(int c, bool compatible)
    {
        if (compatible && _compatible.TryGetValue(c, out var full)) return full;
        return _canonical.GetValueOrDefault(c);
    }

    public int Compose(int first, int second) => _pairs.GetValueOrDefault(((long)first << 32) | (uint)second, -1);

    public bool IsInert(int c, UnicodeForm form) =>
        c < _inert.Length ? (_inert[c] & (1 << (int)form)) != 0 : ClassOf(c) == 0 && Decompose(c, compatible: true) is null;

    private static int Number(Stream stream)
    {
        int value = 0, shift = 0, b;
        do
        {
            b = stream.ReadByte();
            value |= (b & 0x7F) << shift;
            shift += 7;
        }
        while (b >= 0x80);
        return value;
    }

    private static int[] Numbers(Stream stream, int count)
    {
        var values = new int[count];
        for (var i = 0; i < count; i++) values[i] = Number(stream);
        return values;
    }

    private void ReadClasses(Stream stream)
    {
        var c = 0;
        for (var rows = Number(stream); rows > 0; rows--)
        {
            c += Number(stream);
            var run = Number(stream);
            var value = (byte)Number(stream);
            for (var i = 0; i < run; i++) _classes[c + i] = value;
        }
    }

    private void ReadCanonical(Stream stream)
    {
        var c = 0;
        for (var rows = Number(stream); rows > 0; rows--)
        {
            c += Number(stream);
            var header = Number(stream);
            var parts = Numbers(stream, header >> 1);
            if ((header & 1) != 0) _pairs[((long)parts[0] << 32) | (uint)parts[1]] = c;
            _canonical[c] = parts;
        }

        // Composable rows hold one level; a first part may itself be decomposable (a circumflex with an acute on it).
        foreach (var key in _canonical.Keys.ToArray())
        {
            var parts = _canonical[key];
            while (_canonical.TryGetValue(parts[0], out var deeper)) parts = [.. deeper, .. parts[1..]];
            _canonical[key] = parts;
        }
    }

    private void ReadCompatible(Stream stream)
    {
        var c = 0;
        for (var rows = Number(stream); rows > 0; rows--)
        {
            c += Number(stream);
            _compatible[c] = Numbers(stream, Number(stream));
        }
    }

    private void MarkInert()
    {
        Array.Fill(_inert, (byte)0xF);
        var composing = (byte)((1 << (int)UnicodeForm.C) | (1 << (int)UnicodeForm.KC));
        foreach (var c in _classes.Keys) Clear(c, 0xF);
        foreach (var pair in _pairs.Keys) Clear((int)pair, composing); // it may join the character before it
        var composed = _pairs.Values.ToHashSet();
        foreach (var c in _canonical.Keys)
        {
            // What is composed already stays under C; singletons and excluded characters do not.
            Clear(c, composed.Contains(c) ? (byte)(0xF & ~composing) : (byte)0xF);
        }

        foreach (var c in _compatible.Keys) Clear(c, (byte)((1 << (int)UnicodeForm.KC) | (1 << (int)UnicodeForm.KD)));
        for (var c = 0x1161; c <= 0x11C2; c++) Clear(c, composing); // Hangul vowels and finals join what precedes
        for (var c = 0xAC00; c < 0xD7A4; c++) Clear(c, (byte)(0xF & ~composing));
    }

    private void Clear(int c, byte bits)
    {
        if (c < _inert.Length) _inert[c] &= (byte)~bits;
    }
}

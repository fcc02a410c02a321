using System.Globalization;
using Babel.Model.Tokenizers.Text;

namespace Babel.Model.Tokenizers.Patterns;

/// <summary>
/// A character class: ranges, general categories, kinds and nested classes; each possibly negated. The basic plane is
/// answered from a bit map made on compilation.
/// </summary>
internal sealed class CodePointSet
{
    private readonly List<(int First, int Last)> _ranges = [];
    private readonly List<(CodePointSet Set, bool Negated)> _nested = [];
    private uint _categories;
    private CodePointKind _kinds;
    private bool _foldCase;
    private ulong[]? _bits;

    public bool Negated { get; set; }

    /// <summary>Whether a character beyond ASCII was named; folding its case is not something we do faithfully.</summary>
    public bool NamesBeyondAscii { get; private set; }

    public static CodePointSet Of(CodePointKind kinds, bool negated = false) => new() { _kinds = kinds, Negated = negated };

    public static CodePointSet Of(int codePoint)
    {
        var set = new CodePointSet();
        set.Add(codePoint, codePoint);
        return set;
    }

    public void Add(int first, int last)
    {
        _ranges.Add((first, last));
        if (last > 0x7F) NamesBeyondAscii = true;
    }

    public void Add(CodePointSet set, bool negated = false) => _nested.Add((set, negated));

    public void Add(UnicodeCategory category) => _categories |= 1u << (int)category;

    /// <summary>Makes the class ignore ASCII case as Oniguruma does, where ſ is an s and the Kelvin sign a k.</summary>
    public void FoldCase() => _foldCase = true;

    public CodePointSet Freeze()
    {
        if (_bits is not null) return this;
        var bits = new ulong[0x10000 / 64];
        for (var c = 0; c < 0x10000; c++)
        {
            if (Evaluate(c)) bits[c >> 6] |= 1UL << (c & 63);
        }

        _bits = bits;
        return this;
    }

    public bool Contains(int codePoint) =>
        _bits is { } bits && codePoint < 0x10000 ? (bits[codePoint >> 6] >> (codePoint & 63) & 1) != 0 : Evaluate(codePoint);

    private bool Evaluate(int c)
    {
        var inside = Matches(c) || (_foldCase && MatchesOtherCase(c));
        return inside != Negated;
    }

    private bool MatchesOtherCase(int c)
    {
        if (c == 0x17F) return IsNamed('s') || IsNamed('S');
        if (c == 0x212A) return IsNamed('k') || IsNamed('K');
        return c < 0x80 && char.IsAsciiLetter((char)c) && IsNamed(c ^ 0x20);
    }

    private bool IsNamed(int c)
    {
        foreach (var (first, last) in _ranges)
        {
            if (c >= first && c <= last) return true;
        }

        return false;
    }

    private bool Matches(int c)
    {
        if (IsNamed(c)) return true;
        if (_kinds != CodePointKind.None && CodePoints.Is(c, _kinds)) return true;
        if (_categories != 0 && (_categories >> (int)CharUnicodeInfo.GetUnicodeCategory(c) & 1) != 0) return true;
        foreach (var (set, negated) in _nested)
        {
            if (set.Evaluate(c) != negated) return true;
        }

        return false;
    }
}

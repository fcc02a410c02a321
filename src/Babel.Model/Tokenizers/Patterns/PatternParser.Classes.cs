using System.Globalization;
using System.Text;
using Babel.Model.Tokenizers.Text;

namespace Babel.Model.Tokenizers.Patterns;

/// <content>Classes, escapes and properties.</content>
internal sealed partial class PatternParser
{
    /// <summary>What follows a backslash, inside a class or out: a kind, a property or one character.</summary>
    private CodePointSet EscapedSet()
    {
        if (AtEnd) throw Bad("a \\ at the end");
        var c = _pattern[_at++];
        switch (c)
        {
            case 's': return CodePointSet.Of(CodePointKind.Space);
            case 'S': return CodePointSet.Of(CodePointKind.Space, negated: true);
            case 'w': return Word(negated: false);
            case 'W': return Word(negated: true);
            case 'd': return Property("Nd", negated: false);
            case 'D': return Property("Nd", negated: true);
            case 'p': return Property(negated: false);
            case 'P': return Property(negated: true);
        }

        return CodePointSet.Of(EscapedCharacter(c));
    }

    // Oniguruma's \w has Latin-1's superscripts and fractions, which are no word characters by Unicode, and not the joiners.
    private static CodePointSet Word(bool negated)
    {
        var set = new CodePointSet { Negated = negated };
        set.Add(WithoutJoiners(), negated: false);
        set.Add(0xB2, 0xB3);
        set.Add(0xB9, 0xB9);
        set.Add(0xBC, 0xBE);
        return set;
    }

    private static CodePointSet WithoutJoiners()
    {
        // Neither (not a word character) nor a joiner.
        var set = CodePointSet.Of(CodePointKind.Word, negated: true);
        var joined = new CodePointSet { Negated = true };
        joined.Add(set);
        joined.Add(0x200C, 0x200D);
        return joined;
    }

    private int EscapedCharacter(int c)
    {
        switch (c)
        {
            case 'r': return '\r';
            case 'n': return '\n';
            case 't': return '\t';
            case 'f': return '\f';
            case 'v': return '\v';
            case 'a': return '\a';
            case 'e': return 0x1B;
            case 'x': return Hex(Take('{') ? -1 : 2);
            case 'u': return Hex(4);
        }

        if (c < 0x80 && char.IsAsciiLetterOrDigit((char)c)) throw Refuse($"\\{(char)c}");
        return c;
    }

    // digits < 0: up to a closing brace.
    private int Hex(int digits)
    {
        var value = 0;
        var start = _at;
        while (!AtEnd && _at - start != digits && _pattern[_at] < 0x80 && char.IsAsciiHexDigit((char)_pattern[_at]) && value <= 0x10FFFF)
            value = (value * 16) + int.Parse([(char)_pattern[_at++]], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        if (digits < 0 && !Take('}')) throw Bad("an unclosed \\x{");
        if (_at == start || (digits > 0 && _at - start != digits) || value > 0x10FFFF) throw Refuse("a short or large code point escape");
        if (digits == 2 && value > 0x7F) throw Refuse("\\x80 and above, which is a byte");
        return value;
    }

    private CodePointSet Property(bool negated)
    {
        if (!Take('{')) throw Refuse("\\p without {");
        if (Take('^')) negated = !negated;
        var name = new StringBuilder();
        while (!AtEnd && _pattern[_at] != '}') name.Append(new Rune(_pattern[_at++]));
        if (!Take('}')) throw Bad("an unclosed \\p{");
        return Property(name.ToString(), negated);
    }

    private CodePointSet Property(string name, bool negated)
    {
        var set = new CodePointSet { Negated = negated };
        var found = false;
        for (var i = 0; i < CategoryNames.Length; i++)
        {
            if (!CategoryNames[i].StartsWith(name, StringComparison.Ordinal)) continue;
            found = true;
            set.Add((UnicodeCategory)i);
        }

        return found && name.Length > 0 ? set : throw Refuse($"\\p{{{name}}}");
    }

    /// <summary>In the order of <see cref="UnicodeCategory"/>.</summary>
    private static readonly string[] CategoryNames =
    [
        "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co",
        "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Sm", "Sc", "Sk", "So", "Cn",
    ];

    /// <summary>The rest of a class after its [. A [ inside opens a nested class, as in BLOOM's pattern.</summary>
    private CodePointSet Class()
    {
        if (++_depth > 64) throw Refuse("nesting deeper than 64");
        var set = new CodePointSet { Negated = Take('^') };
        if (!AtEnd && _pattern[_at] == ']') throw Refuse("a ] first in a class");
        while (!Take(']'))
        {
            if (AtEnd) throw Bad("an unclosed [");
            if (Take("[:")) throw Refuse("a POSIX bracket");
            if (Take("&&")) throw Refuse("&& in a class");
            if (Take('[')) set.Add(Folded(Class()));
            else ClassItem(set);
        }

        _depth--;
        return set;
    }

    private CodePointSet Folded(CodePointSet set)
    {
        if (_foldCase) Fold(set);
        return set;
    }

    private void ClassItem(CodePointSet set)
    {
        int first;
        if (Take('\\'))
        {
            if (!AtEnd && _pattern[_at] is 's' or 'S' or 'w' or 'W' or 'd' or 'D' or 'p' or 'P')
            {
                set.Add(EscapedSet());
                return;
            }

            if (AtEnd) throw Bad("a \\ at the end");
            first = EscapedCharacter(_pattern[_at++]);
        }
        else
        {
            first = _pattern[_at++];
        }

        var last = first;
        if (_pattern.Length - _at >= 2 && _pattern[_at] == '-' && _pattern[_at + 1] != ']')
        {
            _at++;
            if (Take('[')) throw Refuse("a range that ends in a class");
            last = Take('\\') ? EscapedCharacter(AtEnd ? throw Bad("a \\ at the end") : _pattern[_at++]) : _pattern[_at++];
            if (last < first) throw Bad("a range that runs backwards");
        }

        set.Add(first, last);
    }
}

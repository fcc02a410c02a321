using System.Text;
using Babel.Model.Errors;

namespace Babel.Model.Tokenizers.Patterns;

/// <summary>
/// Reads the part of Oniguruma's syntax that tokenizers use, nested classes and possessive repeats included. What is
/// not here (back-references, look-behind, scripts, case folding beyond ASCII) is refused by name: a near match would
/// give wrong ids without a word.
/// </summary>
internal sealed partial class PatternParser
{
    private readonly int[] _pattern;
    private readonly string _source;
    private readonly string _where;
    private int _at;
    private bool _foldCase;
    private int _depth;

    private PatternParser(string pattern, string where)
    {
        _source = pattern;
        _where = where;
        _pattern = [.. pattern.EnumerateRunes().Select(static r => r.Value)];
    }

    private bool AtEnd => _at == _pattern.Length;

    public static PatternNode Parse(string pattern, string where)
    {
        var parser = new PatternParser(pattern, where);
        var node = parser.Alternation();
        return parser.AtEnd ? node : throw parser.Bad("an unmatched )");
    }

    private UnsupportedModelException Refuse(string what) => new(
        "a tokenizer's regular expression uses a construct this version does not match faithfully",
        _where, "the Oniguruma subset of docs/tokenizers.md", $"{what} in \"{_source}\"",
        "convert the texts to ids with the tokenizer's own library, or report the pattern");

    private ModelFormatException Bad(string what) => new("a tokenizer's regular expression is malformed", _where, "Oniguruma syntax", $"{what} in \"{_source}\"");

    private bool Take(char c)
    {
        if (AtEnd || _pattern[_at] != c) return false;
        _at++;
        return true;
    }

    private bool Take(string text)
    {
        if (_pattern.Length - _at < text.Length) return false;
        for (var i = 0; i < text.Length; i++)
        {
            if (_pattern[_at + i] != text[i]) return false;
        }

        _at += text.Length;
        return true;
    }

    private PatternNode Alternation()
    {
        if (++_depth > 64) throw Refuse("nesting deeper than 64");
        var fold = _foldCase;
        var items = new List<PatternNode> { Sequence() };
        while (Take('|')) items.Add(Sequence());
        _foldCase = fold; // (?i) holds to the end of its group
        _depth--;
        return items.Count == 1 ? items[0] : new AlternationNode(items);
    }

    private SequenceNode Sequence()
    {
        var items = new List<PatternNode>();
        while (!AtEnd && _pattern[_at] is not ('|' or ')'))
        {
            if (Take("(?i)")) _foldCase = true;
            else items.Add(Repeat(Atom()));
        }

        return new SequenceNode(items);
    }

    private PatternNode Repeat(PatternNode body)
    {
        while (!AtEnd)
        {
            int least, most;
            var braces = false;
            if (Take('*')) (least, most) = (0, -1);
            else if (Take('+')) (least, most) = (1, -1);
            else if (Take('?')) (least, most) = (0, 1);
            else if (Braces(out least, out most)) braces = true;
            else return body;

            if (most < 0 && body.CanBeEmpty) throw Refuse("a loop over something that may be empty");
            if (braces && !AtEnd && (_pattern[_at] == '+' || (_pattern[_at] == '?' && least == most)))
                throw Refuse("{n,m}+ or {n}?, which Oniguruma reads in its own way");
            var mode = Take('+') ? RepeatMode.Possessive : Take('?') ? RepeatMode.Lazy : RepeatMode.Greedy;
            body = new RepeatNode(body, least, most, mode);
        }

        return body;
    }

    // {n}, {n,}, {,m}, {n,m}; anything else after a brace is the brace itself.
    private bool Braces(out int least, out int most)
    {
        least = most = 0;
        var start = _at;
        if (!Take('{')) return false;
        var hasLeast = Count(out least);
        most = least;
        var comma = Take(',');
        var hasMost = comma && Count(out most);
        if (comma && !hasMost) most = -1;
        if ((!hasLeast && !hasMost) || !Take('}'))
        {
            _at = start;
            return false;
        }

        if (least > 256 || most > 256) throw Refuse("a repeat count over 256");
        if (most >= 0 && most < least) throw Refuse("{n,m} with n > m");
        return true;
    }

    private bool Count(out int value)
    {
        value = 0;
        var start = _at;
        while (!AtEnd && _pattern[_at] is >= '0' and <= '9' && value < 100000) value = (value * 10) + _pattern[_at++] - '0';
        return _at > start;
    }

    private PatternNode Atom()
    {
        if (Take('(')) return Group();
        if (Take('[')) return Set(Class());
        if (Take('.')) return new ClassNode(Any());
        if (Take('^')) return new AnchorNode(AnchorKind.LineStart);
        if (Take('$')) return new AnchorNode(AnchorKind.LineEnd);
        if (Take('\\')) return Escape();
        if (_pattern[_at] is '*' or '+' or '?') throw Bad("a repeat of nothing");
        if (_pattern[_at] == '{' && Braces(out _, out _)) throw Bad("a repeat of nothing");
        return Set(CodePointSet.Of(_pattern[_at++]));
    }

    private static CodePointSet Any()
    {
        var set = CodePointSet.Of('\n');
        set.Negated = true;
        return set;
    }

    private ClassNode Set(CodePointSet set)
    {
        if (_foldCase) Fold(set);
        return new ClassNode(set);
    }

    private void Fold(CodePointSet set)
    {
        if (set.NamesBeyondAscii) throw Refuse("(?i) over a character beyond ASCII");
        set.FoldCase();
    }

    private PatternNode Group()
    {
        PatternNode node;
        var fold = _foldCase;
        if (Take("?=")) node = new LookAheadNode(Alternation(), Negative: false);
        else if (Take("?!")) node = new LookAheadNode(Alternation(), Negative: true);
        else if (Take("?>")) node = new AtomicNode(Alternation());
        else if (Take("?:")) node = Alternation();
        else if (Take("?i:"))
        {
            _foldCase = true;
            node = Alternation();
        }
        else if (Take('?')) throw Refuse("the group (?" + (AtEnd ? "" : new Rune(_pattern[_at]).ToString()));
        else node = Alternation();
        _foldCase = fold;
        return Take(')') ? node : throw Bad("an unclosed (");
    }

    private PatternNode Escape()
    {
        if (AtEnd) throw Bad("a \\ at the end");
        if (Take('A')) return new AnchorNode(AnchorKind.TextStart);
        if (Take('z')) return new AnchorNode(AnchorKind.TextEnd);
        return Set(EscapedSet());
    }
}

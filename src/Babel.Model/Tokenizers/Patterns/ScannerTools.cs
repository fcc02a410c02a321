using Babel.Model.Tokenizers.Text;

namespace Babel.Model.Tokenizers.Patterns;

/// <summary>What the hand-written scanners share.</summary>
internal static class ScannerTools
{
    public static void FindMatches(IWordScanner scanner, ReadOnlySpan<byte> text, List<TextSplit> matches)
    {
        for (var at = 0; at < text.Length;)
        {
            var end = scanner.Next(text, at, out var isMatch);
            matches.Add(new TextSplit(at, end, isMatch));
            at = end;
        }
    }

    /// <summary>The end of the run, from <paramref name="at"/>, of characters whose kind among <paramref name="classes"/> is <paramref name="kind"/>.</summary>
    public static int Run(ReadOnlySpan<byte> text, int at, CodePointKind classes, CodePointKind kind)
    {
        while (at < text.Length)
        {
            var length = Utf8.Decode(text, at, out var c);
            if ((CodePoints.KindOf(c) & classes) != kind) break;
            at += length;
        }

        return at;
    }

    /// <summary>
    /// <c>\s+(?!\S)|\s+</c> from a space at <paramref name="start"/>: the whole run at the end of the text; else all but its
    /// last character, which goes to the next word; but never nothing.
    /// </summary>
    public static int Spaces(ReadOnlySpan<byte> text, int start)
    {
        int at = start, last = start;
        while (at < text.Length)
        {
            var length = Utf8.Decode(text, at, out var c);
            if (!CodePoints.IsSpace(c)) break;
            last = at;
            at += length;
        }

        return at == text.Length || last == start ? at : last;
    }

    /// <summary><c>\s*[\r\n]+</c>: just after the last line end of the run of space at <paramref name="start"/>, or -1.</summary>
    public static int LastLineEnd(ReadOnlySpan<byte> text, int start)
    {
        int at = start, end = -1;
        while (at < text.Length)
        {
            var length = Utf8.Decode(text, at, out var c);
            var kind = CodePoints.KindOf(c);
            if ((kind & CodePointKind.Space) == CodePointKind.None) break;
            at += length;
            if ((kind & CodePointKind.NewLine) != CodePointKind.None) end = at;
        }

        return end;
    }

    /// <summary>
    /// The bytes an English contraction ('s 't 'm 'd 're 've 'll) takes at an apostrophe, or 0. Without regard to case,
    /// Oniguruma takes the long s (U+017F) for an s.
    /// </summary>
    public static int Contraction(ReadOnlySpan<byte> text, int at, bool ignoreCase)
    {
        var rest = text[(at + 1)..];
        if (rest.IsEmpty) return 0;
        int fold = ignoreCase ? 0x20 : 0;
        var first = rest[0] | fold;
        if (first is 's' or 't' or 'm' or 'd') return 2;
        if (rest.Length < 2) return 0;
        var second = rest[1] | fold;
        if ((first == 'r' && second == 'e') || (first == 'v' && second == 'e') || (first == 'l' && second == 'l')) return 3;
        return ignoreCase && rest[0] == 0xC5 && rest[1] == 0xBF ? 3 : 0;
    }
}

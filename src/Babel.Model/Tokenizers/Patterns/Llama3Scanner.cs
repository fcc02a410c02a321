using Babel.Model.Tokenizers.Text;

namespace Babel.Model.Tokenizers.Patterns;

/// <summary>
/// The pattern that Llama 3 and Qwen2 share with cl100k, on code points:
/// <c>(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,k}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+</c>,
/// with k digits a word: 3 in Llama 3, 1 in Qwen2. It matches everything.
/// </summary>
internal sealed class Llama3Scanner(int digits) : IWordScanner
{
    private const CodePointKind Classes = CodePointKind.Letter | CodePointKind.Number | CodePointKind.Space;

    /// <summary>The scanner for a pattern known to mean the above, or null.</summary>
    public static Llama3Scanner? For(string pattern)
    {
        const string Before = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|";
        const string After = @"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
        return pattern switch
        {
            Before + @"\p{N}" + After => new Llama3Scanner(1),
            Before + @"\p{N}{1,3}" + After => new Llama3Scanner(3),

            // cl100k as Hugging Face writes it: possessive repeats of disjoint classes, which change nothing.
            @"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+" => new Llama3Scanner(3),
            _ => null,
        };
    }

    public void FindMatches(ReadOnlySpan<byte> text, List<TextSplit> matches) => ScannerTools.FindMatches(this, text, matches);

    public int Next(ReadOnlySpan<byte> text, int start, out bool isMatch)
    {
        isMatch = true;
        var length = Utf8.Decode(text, start, out var c);
        if (c == '\'' && ScannerTools.Contraction(text, start, ignoreCase: true) is > 0 and var taken) return start + taken;
        var kind = CodePoints.KindOf(c);
        var next = start + length;
        if ((kind & CodePointKind.Letter) != CodePointKind.None) return ScannerTools.Run(text, next, Classes, CodePointKind.Letter);
        if ((kind & CodePointKind.Number) != CodePointKind.None) return Digits(text, next);

        // One character that is no line end may lead a word: a space, a quote, a dash.
        if (next < text.Length && (kind & CodePointKind.NewLine) == CodePointKind.None)
        {
            var nextLength = Utf8.Decode(text, next, out var d);
            var nextKind = CodePoints.KindOf(d) & Classes;
            if (nextKind == CodePointKind.Letter) return ScannerTools.Run(text, next + nextLength, Classes, CodePointKind.Letter);
            if (c == ' ' && nextKind == CodePointKind.None) return LineEnds(text, ScannerTools.Run(text, next + nextLength, Classes, CodePointKind.None));
        }

        if ((kind & CodePointKind.Space) == CodePointKind.None) return LineEnds(text, ScannerTools.Run(text, next, Classes, CodePointKind.None));
        return ScannerTools.LastLineEnd(text, start) is > 0 and var end ? end : ScannerTools.Spaces(text, start);
    }

    private int Digits(ReadOnlySpan<byte> text, int at)
    {
        for (var i = 1; i < digits && at < text.Length; i++)
        {
            var length = Utf8.Decode(text, at, out var c);
            if (!CodePoints.Is(c, CodePointKind.Number)) break;
            at += length;
        }

        return at;
    }

    private static int LineEnds(ReadOnlySpan<byte> text, int at)
    {
        while (at < text.Length && text[at] is (byte)'\r' or (byte)'\n') at++;
        return at;
    }
}

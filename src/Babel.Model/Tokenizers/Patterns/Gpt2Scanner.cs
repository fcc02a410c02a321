using Babel.Model.Tokenizers.Text;

namespace Babel.Model.Tokenizers.Patterns;

/// <summary>
/// GPT-2's pattern, <c>'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+</c>, on code points.
/// Contractions are in lower case only. It matches everything.
/// </summary>
internal sealed class Gpt2Scanner : IWordScanner
{
    public const string Pattern = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    private const CodePointKind Classes = CodePointKind.Letter | CodePointKind.Number | CodePointKind.Space;

    public void FindMatches(ReadOnlySpan<byte> text, List<TextSplit> matches) => ScannerTools.FindMatches(this, text, matches);

    public int Next(ReadOnlySpan<byte> text, int start, out bool isMatch)
    {
        isMatch = true;
        var at = start;
        if (text[at] == '\'' && ScannerTools.Contraction(text, at, ignoreCase: false) is > 0 and var taken) return at + taken;
        if (text[at] == ' ' && at + 1 < text.Length) at++;
        var length = Utf8.Decode(text, at, out var c);
        var kind = CodePoints.KindOf(c) & Classes;
        if ((kind & CodePointKind.Space) != CodePointKind.None) return ScannerTools.Spaces(text, start);
        return ScannerTools.Run(text, at + length, Classes, kind);
    }
}

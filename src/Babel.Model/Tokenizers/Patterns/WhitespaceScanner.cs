using Babel.Model.Tokenizers.Text;

namespace Babel.Model.Tokenizers.Patterns;

/// <summary>
/// <c>\w+|[^\w\s]+</c> of the Whitespace pre-tokenizer, with \w of Rust's regex crate (Oniguruma's is another): words, and runs
/// of what is neither word nor space. White space is the gaps.
/// </summary>
internal sealed class WhitespaceScanner : IWordScanner
{
    private const CodePointKind Classes = CodePointKind.Word | CodePointKind.Space;

    public void FindMatches(ReadOnlySpan<byte> text, List<TextSplit> matches) => ScannerTools.FindMatches(this, text, matches);

    public int Next(ReadOnlySpan<byte> text, int start, out bool isMatch)
    {
        var length = Utf8.Decode(text, start, out var c);
        var kind = CodePoints.KindOf(c) & Classes;
        isMatch = (kind & CodePointKind.Space) == CodePointKind.None;
        return ScannerTools.Run(text, start + length, Classes, kind);
    }
}

using Babel.Model.Tokenizers.Text;

namespace Babel.Model.Tokenizers.Patterns;

/// <summary>
/// BLOOM's pattern <c> ?[^(\s|[.,!?…。，、।۔،])]+</c>. Oniguruma reads the inner bracket as a nested class, so what it means
/// is <c> ?[^()|\s.,!?…。，、।۔،]+</c>; [ and ] are ordinary. Gaps, punctuation and runs of space, stay as they are.
/// </summary>
internal sealed class BloomScanner : IWordScanner
{
    public const string Pattern = @" ?[^(\s|[.,!?…。，、।۔،])]+";

    public void FindMatches(ReadOnlySpan<byte> text, List<TextSplit> matches) => ScannerTools.FindMatches(this, text, matches);

    public int Next(ReadOnlySpan<byte> text, int start, out bool isMatch)
    {
        isMatch = Starts(text, start);
        var at = start + Utf8.LengthOf(text[start]);
        if (isMatch)
        {
            // After a leading space the first character of the word is known to be there.
            while (at < text.Length && IsWordAt(text, at)) at += Utf8.LengthOf(text[at]);
            return at;
        }

        while (at < text.Length && !Starts(text, at)) at += Utf8.LengthOf(text[at]);
        return at;
    }

    private static bool Starts(ReadOnlySpan<byte> text, int at) =>
        text[at] == ' ' ? at + 1 < text.Length && IsWordAt(text, at + 1) : IsWordAt(text, at);

    private static bool IsWordAt(ReadOnlySpan<byte> text, int at)
    {
        Utf8.Decode(text, at, out var c);
        return c < 0x80
            ? c is not ('(' or ')' or '|' or '.' or ',' or '!' or '?' or ' ' or (>= 9 and <= 13))
            : c is not (0x2026 or 0x3002 or 0xFF0C or 0x3001 or 0x0964 or 0x06D4 or 0x060C) && !CodePoints.IsSpace(c);
    }
}

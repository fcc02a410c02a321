using Babel.Model.Tokenizers.Patterns;

namespace Babel.Model.Tokenizers.HuggingFace;

/// <summary>Split, and what comes down to it: Digits, Punctuation, Whitespace, WhitespaceSplit, CharDelimiterSplit.</summary>
/// <param name="pattern">What is looked for.</param>
/// <param name="behavior">What becomes of it.</param>
/// <param name="invert">Whether matches and gaps change roles.</param>
internal sealed class SplitPreTokenizer(ISplitPattern pattern, SplitBehavior behavior, bool invert) : PreTokenizer
{
    /// <summary>The pattern, where each of its stretches simply becomes a piece.</summary>
    public IWordScanner? Scanner => behavior == SplitBehavior.Isolated ? pattern as IWordScanner : null;

    public override void Apply(PieceList list)
    {
        foreach (var piece in list.Pieces) Cut(list, piece, pattern, behavior, invert);
        list.SwapPieces();
    }

    public static void Cut(PieceList list, (int Start, int End) piece, ISplitPattern pattern, SplitBehavior behavior, bool invert = false)
    {
        var matches = list.Matches;
        matches.Clear();
        pattern.FindMatches(list[piece], matches);
        var output = list.NextPieces;
        var first = output.Count;
        var previous = false;
        for (var k = 0; k < matches.Count; k++)
        {
            // MergedWithNext is MergedWithPrevious seen from the end.
            var (start, end, isMatch) = matches[behavior == SplitBehavior.MergedWithNext ? matches.Count - 1 - k : k];
            isMatch ^= invert;
            (start, end) = (piece.Start + start, piece.Start + end);
            var hasLast = output.Count > first;
            switch (behavior)
            {
                case SplitBehavior.Removed when isMatch:
                    break;
                case SplitBehavior.MergedWithPrevious when isMatch && !previous && hasLast:
                case SplitBehavior.Contiguous when isMatch == previous && hasLast:
                    output[^1] = (output[^1].Start, end);
                    break;
                case SplitBehavior.MergedWithNext when isMatch && !previous && hasLast:
                    output[^1] = (start, output[^1].End);
                    break;
                default:
                    output.Add((start, end));
                    break;
            }

            previous = isMatch;
        }

        if (behavior == SplitBehavior.MergedWithNext) output.Reverse(first, output.Count - first);

        // What a pattern matched of nothing is no piece.
        for (var i = output.Count - 1; i >= first; i--)
        {
            if (output[i].Start == output[i].End) output.RemoveAt(i);
        }
    }
}

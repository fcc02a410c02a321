namespace Babel.Model.Tokenizers.Patterns;

/// <summary>A stretch of a piece: bytes Start..End, and whether the pattern matched it.</summary>
internal readonly record struct TextSplit(int Start, int End, bool IsMatch);

/// <summary>Cuts a piece of text into matches and the gaps between them, which together cover it.</summary>
internal interface ISplitPattern
{
    /// <summary>Appends the stretches of a well-formed UTF-8 text, in order. Only a match can be empty.</summary>
    void FindMatches(ReadOnlySpan<byte> text, List<TextSplit> matches);
}

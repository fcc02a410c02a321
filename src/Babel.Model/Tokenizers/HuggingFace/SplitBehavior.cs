namespace Babel.Model.Tokenizers.HuggingFace;

/// <summary>SplitDelimiterBehavior of the tokenizers library: what becomes of the matches.</summary>
internal enum SplitBehavior
{
    Removed,
    Isolated,
    MergedWithPrevious,
    MergedWithNext,
    Contiguous,
}

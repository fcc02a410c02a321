namespace Babel.Analysis.Corpora;

/// <summary>One window of one document: a sequence of a batch.</summary>
/// <param name="Source">The document.</param>
/// <param name="Window">Which of its windows.</param>
public readonly record struct BatchWindow(TokenizedDocument Source, int Window)
{
    /// <summary>The token ids.</summary>
    public int[] Ids => Source.Windows[Window];
}

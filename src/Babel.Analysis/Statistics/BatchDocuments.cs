using Babel.Analysis.Corpora;

namespace Babel.Analysis.Statistics;

/// <summary>What the sequences of a batch are, looked up once: each is one window of one document.</summary>
/// <param name="Windows">The windows, sequence by sequence.</param>
/// <param name="Documents">The document of every window.</param>
/// <param name="Languages">Neighbouring sequences of one language.</param>
internal sealed record BatchDocuments(IReadOnlyList<BatchWindow> Windows, int[] Documents, LanguageRows[] Languages)
{
    /// <summary>No sequences.</summary>
    public static BatchDocuments None { get; } = new([], [], []);
}

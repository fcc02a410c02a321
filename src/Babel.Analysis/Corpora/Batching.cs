namespace Babel.Analysis.Corpora;

/// <summary>How a corpus is cut into batches.</summary>
public static class Batching
{
    /// <summary>
    /// The windows of <paramref name="documents"/> in one canonical order (length, language, index, window), cut into batches of about
    /// <paramref name="tokens"/> token rows: a batch is closed before it would grow past that; a longer window is a batch of its own.
    /// </summary>
    /// <remarks>
    /// Batches hold sequences of like length only so that their attention costs the same; a row's result has the same bits in any
    /// batch (<see cref="Kernels.IOps"/>) and the analyses fold by document, so <paramref name="tokens"/> sets speed and memory, never a result.
    /// </remarks>
    public static IEnumerable<IReadOnlyList<BatchWindow>> ByLength(IEnumerable<TokenizedDocument> documents, int tokens)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(tokens, 1);
        var windows = documents
            .SelectMany(d => Enumerable.Range(0, d.Windows.Count).Select(w => new BatchWindow(d, w)))
            .OrderBy(w => w.Ids.Length)
            .ThenBy(w => w.Source.Document.Language, StringComparer.Ordinal)
            .ThenBy(w => w.Source.Document.Index)
            .ThenBy(w => w.Window);
        var batch = new List<BatchWindow>();
        int filled = 0;
        foreach (var window in windows)
        {
            if (batch.Count > 0 && (long)filled + window.Ids.Length > tokens)
            {
                yield return batch;
                batch = [];
                filled = 0;
            }

            batch.Add(window);
            filled += window.Ids.Length;
        }

        if (batch.Count > 0) yield return batch;
    }
}

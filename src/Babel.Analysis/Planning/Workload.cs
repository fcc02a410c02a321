using Babel.Analysis.Corpora;
using Babel.Analysis.Statistics;

namespace Babel.Analysis.Planning;

/// <summary>What a run is to do, as far as its memory and time depend on it.</summary>
public sealed record Workload
{
    /// <summary>Token rows a batch has, about.</summary>
    public int BatchTokens { get; init; } = 1024;

    /// <summary>The longest window, which is a batch by itself if it is longer than one.</summary>
    public int LongestWindow { get; init; } = 1;

    /// <summary>Windows of the batch with the most of them.</summary>
    public long SequencesPerBatch { get; init; } = 64;

    /// <summary>The statistics to take; null for none.</summary>
    public StatisticsOptions? Statistics { get; init; }

    /// <summary>Languages that statistics are taken of.</summary>
    public int Languages { get; init; }

    /// <summary>Token rows of every document that statistics are taken of, language by language; empty where nobody has counted yet.</summary>
    public IReadOnlyList<int> DocumentTokens { get; init; } = [];

    /// <summary>Passes that score text: 1 for the model as it is, one more for every set and control switched off.</summary>
    public int ScorePasses { get; init; }

    /// <summary>Token rows that every scoring pass reads.</summary>
    public long ScoreTokens { get; init; }

    /// <summary>The same by batch; empty where nobody has packed them.</summary>
    public IReadOnlyList<int> ScoreBatches { get; init; } = [];

    /// <summary>Token rows whose keys and values are kept in every layer, to go on from.</summary>
    public long CacheTokens { get; init; }

    /// <summary>Token ids in the text that statistics are taken of; the whole vocabulary unless it is known.</summary>
    public long StatisticsIds { get; init; } = long.MaxValue;

    /// <summary>Token ids in the text that is scored; the whole vocabulary unless it is known.</summary>
    public long ScoreIds { get; init; } = long.MaxValue;

    /// <summary>Bytes of text and tokenizer on the host.</summary>
    public long TextBytes { get; init; }

    /// <summary>Documents that statistics are taken of.</summary>
    public int Documents => DocumentTokens.Count;

    /// <summary>Token rows that statistics are taken of; 0 where nobody has counted yet.</summary>
    public long StatisticsTokens => DocumentTokens.Sum(t => (long)t);

    /// <summary>This work with what is known once a corpus is tokens.</summary>
    /// <param name="statistics">What statistics are taken of; null for none.</param>
    /// <param name="scored">What is scored; null for none.</param>
    public Workload With(TokenizedCorpus? statistics, TokenizedCorpus? scored)
    {
        int[] lengths = [.. Windows(statistics).Concat(Windows(scored)).Select(w => w.Length).Order()];
        return this with
        {
            LongestWindow = lengths.Length == 0 ? 1 : lengths[^1],
            SequencesPerBatch = Crowd(lengths),
            Languages = statistics?.Corpus.Languages.Count ?? 0,
            DocumentTokens = [.. (statistics?.Documents ?? []).GroupBy(d => d.Document.Language, StringComparer.Ordinal).SelectMany(g => g).Select(d => d.Tokens)],
            ScoreTokens = scored?.Tokens ?? 0,
            ScoreBatches = [.. Batching.ByLength(scored?.Documents ?? [], BatchTokens).Select(b => b.Sum(w => w.Ids.Length))],
            StatisticsIds = Windows(statistics).SelectMany(w => w).Distinct().LongCount(),
            ScoreIds = Windows(scored).SelectMany(w => w).Distinct().LongCount(),
        };
    }

    private static IEnumerable<int[]> Windows(TokenizedCorpus? corpus) => (corpus?.Documents ?? []).SelectMany(d => d.Windows);

    /// <summary>How many of the shortest windows make a batch.</summary>
    private long Crowd(int[] ascending)
    {
        long filled = 0, count = 0;
        while (count < ascending.Length && (count == 0 || filled + ascending[count] <= BatchTokens)) filled += ascending[count++];
        return Math.Max(1, count);
    }
}

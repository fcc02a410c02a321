using Babel.Analysis.Corpora;
using Babel.Model;

namespace Babel.Analysis.Statistics;

/// <summary>
/// Reads a corpus once and takes every statistic. With a folder, finished blocks of documents are kept as they come, and a second run
/// goes on from them; what comes out has the same bits as an uninterrupted run.
/// </summary>
public static class StatisticsRun
{
    /// <summary>Takes the statistics.</summary>
    /// <param name="model">The model.</param>
    /// <param name="corpus">Its text as ids.</param>
    /// <param name="tokenizer">The tokenizer's fingerprint (<see cref="TokenizerFingerprint"/>).</param>
    /// <param name="context">The window length the corpus was cut to.</param>
    /// <param name="options">What is counted.</param>
    /// <param name="run">How it is read.</param>
    /// <param name="progress">Told after every batch.</param>
    /// <param name="ct">Checked between layers; what is finished stays in the folder.</param>
    /// <exception cref="Errors.StoreCorruptException">The folder holds work of another model, tokenizer, corpus or options.</exception>
    public static NeuronStats Collect(
        LanguageModel model,
        TokenizedCorpus corpus,
        string tokenizer,
        int context,
        StatisticsOptions? options = null,
        StatisticsRunOptions? run = null,
        IProgress<StatisticsProgress>? progress = null,
        CancellationToken ct = default)
    {
        options ??= new StatisticsOptions();
        run ??= new StatisticsRunOptions();
        var store = run.Folder is { } folder ? new BlockStore(folder) : null;
        var wanted = StatisticsCollector.HeaderOf(model, options, tokenizer, context);
        var blocks = store?.Load(wanted, corpus) ?? [];
        var done = blocks.SelectMany(b => b.Languages).SelectMany(l => l.Documents.Select(d => (l.Language, d.Index))).ToHashSet();
        var rest = corpus.Documents.Where(d => !done.Contains((d.Document.Language, d.Document.Index))).ToList();
        var state = new StatisticsProgress(done.Count, corpus.Documents.Count, 0, rest.Sum(d => (long)d.Tokens), done.Count);
        progress?.Report(state);
        foreach (var block in rest.GroupBy(d => d.Document.Language, StringComparer.Ordinal).SelectMany(g => g.Chunk(run.BlockDocuments)))
        {
            var collector = new StatisticsCollector(model, options, block);
            foreach (var batch in Batching.ByLength(block, run.BatchTokens))
            {
                ct.ThrowIfCancellationRequested();
                collector.Run(batch, ct: ct);
                state = state with { Tokens = state.Tokens + batch.Sum(w => w.Ids.Length) };
                progress?.Report(state);
            }

            var stats = collector.Finish(tokenizer, context);
            store?.Add(stats);
            blocks.Add(stats);
            state = state with { Documents = state.Documents + block.Length };
            progress?.Report(state);
        }

        var result = NeuronStats.Merge(blocks);
        if (store is not null && !(store.HasResult && blocks.Count == 1)) store.Finish(result);
        return result;
    }
}

using Babel.Analysis.Corpora;
using Babel.Kernels.Errors;
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
        var blocks = store?.Load(wanted, corpus, run.SpoolDocuments) ?? [];
        var done = blocks.SelectMany(b => b.Languages).SelectMany(l => l.Documents.Select(d => (l.Language, d.Index))).ToHashSet();
        var rest = corpus.Documents.Where(d => !done.Contains((d.Document.Language, d.Document.Index))).ToList();
        long read = 0;
        int batchTokens = run.BatchTokens;
        var state = new StatisticsProgress(done.Count, corpus.Documents.Count, 0, rest.Sum(d => (long)d.Tokens), done.Count);
        progress?.Report(state);
        var total = blocks.Count > 0 ? NeuronStats.Merge(blocks) : null;
        foreach (var unit in Units(model, rest, options, run))
        {
            ct.ThrowIfCancellationRequested();
            var stats = Read(model, options, unit, ref batchTokens, run, rows => progress?.Report(state = state with { Tokens = read + rows }), ct)
                .Finish(tokenizer, context);
            read = state.Tokens;
            if (unit.Count < rest.Count || total is not null) store?.Add(stats);

            // Merged as they come: all blocks together would be as many times the counts of all neurons.
            total = total is null ? stats : NeuronStats.Merge(total, stats);
            state = state with { Documents = state.Documents + unit.Count };
            progress?.Report(state);
        }

        if (store is not null && !(store.HasResult && rest.Count == 0 && blocks.Count == 1)) store.Finish(total!);
        return total!;
    }

    /// <summary>
    /// Reads documents. Where the device has no room for a batch, batches are halved, from here on, and the documents are read again: a row has
    /// the same bits in any batch.
    /// </summary>
    private static StatisticsCollector Read(
        LanguageModel model,
        StatisticsOptions options,
        IReadOnlyList<TokenizedDocument> documents,
        ref int batchTokens,
        StatisticsRunOptions run,
        Action<long> onRows,
        CancellationToken ct)
    {
        while (true)
        {
            List<IReadOnlyList<BatchWindow>> batches = [.. Batching.ByLength(documents, batchTokens)];
            try
            {
                var collector = new StatisticsCollector(model, options, documents, run.SpoolDocuments);
                collector.Run(batches, run.Sweep, onRows, ct);
                return collector;
            }
            catch (DeviceMemoryException) when (batches.Any(b => b.Count > 1))
            {
                batchTokens = Math.Max(1, batches.Where(b => b.Count > 1).Max(b => b.Sum(w => w.Ids.Length)) / 2);
                model.ReleaseBuffers();
            }
        }
    }

    /// <summary>
    /// What is read, and then kept, at a time: some documents of one language; or layer-major, when every unit costs a read of all weights, as many documents
    /// as hidden states may be kept of.
    /// </summary>
    private static IEnumerable<IReadOnlyList<TokenizedDocument>> Units(
        LanguageModel model, List<TokenizedDocument> documents, StatisticsOptions options, StatisticsRunOptions run)
    {
        var languages = documents.GroupBy(d => d.Document.Language, StringComparer.Ordinal);
        if (model.Schedule == Schedule.Token) return languages.SelectMany(g => g.Chunk(run.BlockDocuments));
        int passes = options.QkImportance == ImportanceForms.Both ? 2 : 1;
        return Cut([.. languages.SelectMany(g => g)], (run.Sweep ?? SweepOptions.InMemory).MostBytes / (model.StateBytes * passes));
    }

    private static IEnumerable<IReadOnlyList<TokenizedDocument>> Cut(List<TokenizedDocument> documents, long tokens)
    {
        for (int first = 0, next; first < documents.Count; first = next)
        {
            long sum = documents[first].Tokens;
            for (next = first + 1; next < documents.Count && (sum += documents[next].Tokens) <= tokens;) next++;
            yield return documents[first..next];
        }
    }
}

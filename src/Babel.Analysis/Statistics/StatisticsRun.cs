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
    /// <returns>The statistics; where they are in a file, it is open until they are disposed.</returns>
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
        var (total, isResult) = store?.Load(StatisticsCollector.HeaderOf(model, options, tokenizer, context), corpus, run.SpoolFolder) ?? (null, false);
        try
        {
            var done = (total?.Languages ?? []).SelectMany(l => l.Documents.Select(d => (l.Language, d.Index))).ToHashSet();
            var rest = corpus.Documents.Where(d => !done.Contains((d.Document.Language, d.Document.Index))).ToList();
            long read = 0;
            int batchTokens = run.BatchTokens;
            var state = new StatisticsProgress(done.Count, corpus.Documents.Count, 0, rest.Sum(d => (long)d.Tokens), done.Count);
            progress?.Report(state);
            foreach (var unit in Units(model, rest, options, run))
            {
                ct.ThrowIfCancellationRequested();
                var stats = Read(
                    model, options, unit, ref batchTokens, run, rows => progress?.Report(state = state with { Tokens = read + rows }),
                    collector => collector.Finish(tokenizer, context), ct);
                read = state.Tokens;
                total = Join(total, stats, unit.Count < rest.Count || total is not null ? store : null, run);
                state = state with { Documents = state.Documents + unit.Count };
                progress?.Report(state);
            }

            if (!(isResult && rest.Count == 0)) store?.Finish(total!);
            return total!;
        }
        catch
        {
            total?.Dispose();
            throw;
        }
    }

    /// <summary>Keeps a unit, unless it is all there was to read, and merges it: all units together would be as many times the counts of all neurons.</summary>
    private static NeuronStats Join(NeuronStats? total, NeuronStats unit, BlockStore? store, StatisticsRunOptions run)
    {
        try
        {
            store?.Add(unit);
        }
        catch
        {
            unit.Dispose();
            throw;
        }

        if (total is null) return unit;
        using (unit)
        {
            var merged = NeuronStats.Merge([total, unit], run.SpoolFolder);
            total.Dispose();
            return merged;
        }
    }

    /// <summary>
    /// Reads documents. Where the device has no room for a batch, batches are halved, from here on, and the documents are read again: a row has
    /// the same bits in any batch.
    /// </summary>
    private static NeuronStats Read(
        LanguageModel model,
        StatisticsOptions options,
        IReadOnlyList<TokenizedDocument> documents,
        ref int batchTokens,
        StatisticsRunOptions run,
        Action<long> onRows,
        Func<StatisticsCollector, NeuronStats> finish,
        CancellationToken ct)
    {
        while (true)
        {
            List<IReadOnlyList<BatchWindow>> batches = [.. Batching.ByLength(documents, batchTokens)];
            try
            {
                using var collector = new StatisticsCollector(model, options, documents, run.SpoolFolder);
                collector.Run(batches, run.Sweep, onRows, ct);
                return finish(collector);
            }
            catch (DeviceMemoryException) when (batches.Any(b => b.Count > 1))
            {
                batchTokens = Math.Max(1, batches.Where(b => b.Count > 1).Max(b => b.Sum(w => w.Ids.Length)) / 2);
                model.ReleaseBuffers();
            }
        }
    }

    private static IEnumerable<IReadOnlyList<TokenizedDocument>> Units(
        LanguageModel model, List<TokenizedDocument> documents, StatisticsOptions options, StatisticsRunOptions run)
    {
        var languages = documents.GroupBy(d => d.Document.Language, StringComparer.Ordinal);
        if (model.Schedule == Schedule.Token) return languages.SelectMany(g => g.Chunk(run.BlockDocuments));
        List<TokenizedDocument> all = [.. languages.SelectMany(g => g)];
        long tokens = StatisticsUnits.TokensAtOnce(run.Sweep ?? SweepOptions.InMemory, model.StateBytes, options);
        int most = Math.Min(run.MostDocuments, StatisticsUnits.MostDocuments(ModelShape.Of(model.Spec), options));
        return StatisticsUnits.Cut(all.ConvertAll(d => d.Tokens), tokens, most).Select(r => all[r]);
    }
}

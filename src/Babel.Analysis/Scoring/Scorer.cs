using System.Text;
using Babel.Analysis.Corpora;
using Babel.Analysis.Runs;
using Babel.Kernels.Errors;
using Babel.Model;

namespace Babel.Analysis.Scoring;

/// <summary>
/// Scores documents with a model, as often as wanted and under any mask. The token batches are put on the device once, when the
/// scorer is made, and every pass uses them again.
/// </summary>
/// <remarks>
/// A document's NLL is the sum of <c>-log p(token | tokens before it in its window)</c>. The log-probabilities come in float32; they are added in
/// float64, in token order within a window and in window order within a document. As a token row has the same bits in any batch and with
/// any number of threads, so has every score.
/// </remarks>
public sealed class Scorer : IDisposable
{
    /// <summary>Token rows of a batch, unless the caller wants other ones: enough to fill the kernels, little enough for a cache.</summary>
    public const int DefaultBatchTokens = 1024;

    private const int MostPassesAtOnce = 16;

    private readonly LanguageModel _model;
    private readonly SweepOptions _sweep;
    private readonly List<(Batch Batch, int[] Windows)> _batches = [];
    private readonly int[] _firstWindow;
    private readonly IReadOnlyList<TokenizedDocument> _documents;

    private Scorer(LanguageModel model, IReadOnlyList<TokenizedDocument> documents, SweepOptions sweep)
    {
        (_model, _documents, _sweep) = (model, documents, sweep);
        Documents =
        [
            .. documents.Select(d => new EvaluatedDocument(
                d.Document.Language, d.Document.Index, d.Windows.Sum(w => w.Length - 1), Encoding.UTF8.GetByteCount(d.Document.Text))),
        ];
        _firstWindow = new int[documents.Count + 1];
        for (int i = 0; i < documents.Count; i++) _firstWindow[i + 1] = _firstWindow[i] + documents[i].Windows.Count;
        Fingerprint = HashOf(documents);
    }

    /// <summary>The documents, in the corpus' order; results are one for one with them.</summary>
    public IReadOnlyList<EvaluatedDocument> Documents { get; }

    /// <summary>Token rows of one pass.</summary>
    public long Rows { get; private set; }

    /// <summary>SHA-256 over language, index and token ids of every document: what a result depends on besides model, device and mask.</summary>
    public string Fingerprint { get; }

    /// <summary>
    /// How many passes are worth computing together: one where all weights are in memory; where every pass would read them, as many as have room for
    /// their hidden states.
    /// </summary>
    public int PassesAtOnce => _model.Schedule == Schedule.Token || Rows == 0
        ? 1 : PassesWorthwhile(_sweep, Rows, _model.StateBytes);

    /// <summary>How many passes have room for their hidden states in memory, layer-major; more than that is not worth it.</summary>
    internal static int PassesWorthwhile(SweepOptions sweep, long rows, long stateBytes) =>
        rows == 0 ? 1 : (int)Math.Clamp(sweep.ResidentBytes / (rows * stateBytes), 1, MostPassesAtOnce);

    /// <summary>Which batches are taken through the layers together: all, unless their hidden states may not be kept.</summary>
    /// <param name="rows">Token rows by batch.</param>
    /// <param name="sweep">Where hidden states wait.</param>
    /// <param name="stateBytes">Bytes of a row's hidden states, of all passes computed together.</param>
    internal static IEnumerable<Range> Cut(IReadOnlyList<int> rows, SweepOptions sweep, long stateBytes) =>
        Statistics.StatisticsUnits.Cut(rows, sweep.MostBytes / stateBytes, int.MaxValue);

    /// <summary>Packs the documents into batches on the model's device.</summary>
    /// <param name="model">The model; it must outlive the scorer.</param>
    /// <param name="documents">The documents, in the order results are wanted in.</param>
    /// <param name="batchTokens">About how many token rows a batch has. It sets speed and memory, never a result.</param>
    /// <param name="sweep">Where hidden states wait when the model is read layer by layer; null for memory.</param>
    public static Scorer Create(
        LanguageModel model, IReadOnlyList<TokenizedDocument> documents, int batchTokens = DefaultBatchTokens, SweepOptions? sweep = null)
    {
        var scorer = new Scorer(model, documents, sweep ?? SweepOptions.InMemory);
        try
        {
            scorer.Pack(batchTokens);
            return scorer;
        }
        catch
        {
            scorer.Dispose();
            throw;
        }
    }

    /// <summary>One pass: the NLL of every document, in nats.</summary>
    /// <param name="mask">Neurons switched off or scaled; null for the model as it is.</param>
    /// <param name="onRows">Called after every batch with the number of token rows done in this pass.</param>
    /// <param name="ct">Checked between layers.</param>
    /// <exception cref="NonFiniteException">A log-probability is not a finite number.</exception>
    public double[] Score(NeuronMask? mask = null, Action<long>? onRows = null, CancellationToken ct = default) => Score([mask], onRows, ct)[0];

    /// <summary>Several passes, computed together: the NLL of every document under every mask, in nats.</summary>
    /// <param name="masks">A pass each; null for the model as it is.</param>
    /// <param name="onRows">Called with the number of token rows done, of all passes.</param>
    /// <param name="ct">Checked between layers.</param>
    /// <exception cref="NonFiniteException">A log-probability is not a finite number.</exception>
    /// <exception cref="DeviceMemoryException">The device has no room even for one window at a time.</exception>
    /// <remarks>Where the device has no room for a batch, all are halved and the passes begin again: a row has the same bits in any batch.</remarks>
    public IReadOnlyList<double[]> Score(IReadOnlyList<NeuronMask?> masks, Action<long>? onRows = null, CancellationToken ct = default)
    {
        while (true)
        {
            try
            {
                return ScoreBatches(masks, onRows, ct);
            }
            catch (DeviceMemoryException) when (_batches.Any(b => b.Windows.Length > 1))
            {
                int tokens = Math.Max(1, _batches.Where(b => b.Windows.Length > 1).Max(b => b.Batch.Tokens) / 2);
                Dispose();
                _model.ReleaseBuffers();
                Pack(tokens);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (batch, _) in _batches) batch.Dispose();
        _batches.Clear();
    }

    private List<double[]> ScoreBatches(IReadOnlyList<NeuronMask?> masks, Action<long>? onRows, CancellationToken ct)
    {
        ProbePlan[] plans = [.. masks.Select(m => m is null ? ProbePlan.None : ProbePlan.None with { Ablation = m })];
        double[][] windows = [.. masks.Select(_ => new double[_firstWindow[^1]])];
        long done = 0;
        foreach (var part in Parts(masks.Count))
        {
            _model.Sweep([.. part.Select(p => p.Batch)], plans, ForwardOutput.LogProbs, new Sink(part, windows, rows => onRows?.Invoke(done + rows)), _sweep, ct);
            done += masks.Count * part.Sum(p => (long)p.Batch.Tokens);
        }

        return [.. windows.Select(Fold)];
    }

    private void Pack(int batchTokens)
    {
        Rows = 0;
        var place = new Dictionary<TokenizedDocument, int>(ReferenceEqualityComparer.Instance);
        for (int i = 0; i < _documents.Count; i++) place.Add(_documents[i], i);
        foreach (var windows in Batching.ByLength(_documents, batchTokens))
        {
            var batch = Batch.Pack(_model, [.. windows.Select(w => w.Ids)]);
            _batches.Add((batch, [.. windows.Select(w => _firstWindow[place[w.Source]] + w.Window)]));
            Rows += batch.Tokens;
        }
    }

    /// <summary>The batches that are taken through the layers together: all, unless their hidden states may not be kept.</summary>
    private IEnumerable<List<(Batch Batch, int[] Windows)>> Parts(int passes)
    {
        if (_batches.Count == 0) return [];
        return _model.Schedule == Schedule.Token
            ? [_batches] : Cut(_batches.ConvertAll(b => b.Batch.Tokens), _sweep, _model.StateBytes * passes).Select(r => _batches[r]);
    }

    private double[] Fold(double[] windows)
    {
        var documents = new double[Documents.Count];
        for (int d = 0; d < documents.Length; d++)
        {
            for (int w = _firstWindow[d]; w < _firstWindow[d + 1]; w++) documents[d] += windows[w];
            if (double.IsFinite(documents[d])) continue;
            throw new NonFiniteException(
                "a document's score is not a finite number",
                where: $"language {Documents[d].Language}, document {Documents[d].Index}",
                expected: "finite log-probabilities",
                found: $"a sum of {documents[d]}",
                hint: "the model overflows on this text; try the device `ref`, which computes in float64, to see whether the weights are sound");
        }

        return documents;
    }

    private static string HashOf(IReadOnlyList<TokenizedDocument> documents)
    {
        using var key = new ContentKey();
        foreach (var document in documents)
        {
            key.Add(document.Document.Language).Add(document.Document.Index).Add(document.Windows.Count);
            foreach (int[] window in document.Windows) key.Add(window);
        }

        return key.Finish();
    }

    /// <summary>Adds log-probabilities up by window.</summary>
    private sealed class Sink(List<(Batch Batch, int[] Windows)> batches, double[][] windows, Action<long> onRows) : ISweepSink
    {
        public IProbeSink? Probe(int pass, int batch) => null;

        public void OnResult(int pass, int batch, ForwardResult result)
        {
            var (packed, ordinals) = batches[batch];
            var spans = packed.Layout.Spans;
            for (int s = 0; s < ordinals.Length; s++)
            {
                // The last row of a window predicts what nobody knows; its target is -1.
                foreach (float log in result.LogProbs.AsSpan(spans[s].QueryStart, spans[s].QueryLength - 1)) windows[pass][ordinals[s]] -= log;
            }
        }

        public void OnLayerDone(int layer)
        {
        }

        public void OnProgress(long rows) => onRows(rows);
    }
}

using Babel.Analysis.Corpora;
using Babel.Kernels;
using Babel.Kernels.Errors;
using Babel.Model;

namespace Babel.Analysis.Statistics;

/// <summary>
/// Takes the statistics of a set of documents while the model reads them: <see cref="Run"/> all batches, at once or some at a time, then
/// <see cref="Finish"/>.
/// </summary>
/// <remarks>
/// A sequence of a batch is one window of one document. Its counts and sums, which have the same bits in any batch, are added to its language's
/// in fixed point, and to its document's importance in float64 in the canonical order of windows; so neither the size of batches nor which
/// documents are read together changes a bit of the result.
/// </remarks>
public sealed class StatisticsCollector : IProbeSink, IDisposable
{
    /// <summary>Statistics of layers that may be on their way to the host at a time.</summary>
    private const long MostPendingBytes = 256 << 20;

    /// <summary>Layers added while another is enqueued: more, and the device would wait for the host.</summary>
    private const int StepsAtOnce = 2;

    private readonly LanguageModel _model;
    private readonly StatisticsOptions _options;
    private readonly ModelShape _shape;
    private readonly IReadOnlyList<TokenizedDocument> _documents;
    private readonly Dictionary<TokenizedDocument, int> _rows = new(ReferenceEqualityComparer.Instance);
    private readonly IReadOnlyList<NeuronPart> _parts;
    private readonly List<DocumentImportance> _importance;
    private readonly Dictionary<string, int[]> _rowsOf = new(StringComparer.Ordinal);
    private readonly Dictionary<string, RunningSums[]> _sums = new(StringComparer.Ordinal);
    private readonly DeviceRows _host = new();
    private readonly Queue<LayerStep> _pending = [];
    private NumberRoom? _room;
    private readonly int[] _windowsDone;
    private readonly bool[] _layersFinished;
    private readonly LayerStep _step = new();
    private BatchDocuments _batch = BatchDocuments.None;
    private bool _secondPass;
    private long _pendingBytes;

    /// <summary>Makes room for documents that will be read whole.</summary>
    /// <param name="model">The model.</param>
    /// <param name="options">What is counted.</param>
    /// <param name="documents">The documents.</param>
    /// <param name="spoolFolder">
    /// Where what is finished waits in a temporary file, one layer in memory, which is worth it layer-major; null for memory.
    /// </param>
    /// <exception cref="IOException">The temporary file does not fit its disk.</exception>
    public StatisticsCollector(
        LanguageModel model, StatisticsOptions options, IReadOnlyList<TokenizedDocument> documents, string? spoolFolder = null)
    {
        (_model, _options, _documents) = (model, options, documents);
        _shape = ModelShape.Of(model.Spec);
        _parts = options.PartsOf(_shape);
        for (int i = 0; i < documents.Count; i++) _rows.Add(documents[i], i);
        _windowsDone = new int[documents.Count];
        _layersFinished = new bool[_shape.Layers];
        var room = _room = NumberRoom.In(spoolFolder);
        foreach (string language in documents.Select(d => d.Document.Language).Distinct(StringComparer.Ordinal))
        {
            _sums[language] = [.. _parts.Select(p => new RunningSums(new TapSums(_shape.Layers, _shape.NeuronCount(p), room, "")))];
            _rowsOf[language] =
            [
                .. Enumerable.Range(0, documents.Count).Where(i => documents[i].Document.Language == language).OrderBy(i => documents[i].Document.Index),
            ];
        }

        _importance = [.. options.Keys().Select(k => new DocumentImportance(k, _shape.Layers, k.Width(_shape), _rowsOf, options.KeepDocuments, room))];
        room.Reserve();
    }

    /// <summary>
    /// Reads batches: one forward pass each, or two when both forms of the Q/K importance are wanted, in the order of the model's schedule.
    /// </summary>
    /// <param name="batches">Windows of the documents given to the constructor.</param>
    /// <param name="sweep">Where hidden states wait, layer-major; null for memory.</param>
    /// <param name="onRows">Told how many token rows are done.</param>
    /// <param name="ct">Checked between layers.</param>
    public void Run(
        IReadOnlyList<IReadOnlyList<BatchWindow>> batches, SweepOptions? sweep = null, Action<long>? onRows = null, CancellationToken ct = default)
    {
        var packed = new List<Batch>();
        try
        {
            foreach (var batch in batches) packed.Add(Batch.Pack(_model, [.. batch.Select(w => w.Ids)], targets: false));
            ProbePlan[] plans = _options.QkImportance == ImportanceForms.Both ? [FirstPlan(), new ProbePlan { QkScores = QkScoreForm.Repo }] : [FirstPlan()];
            bool whole = _windowsDone.Sum() + batches.Sum(b => b.Count) == _documents.Sum(d => d.Windows.Count);
            _model.Sweep(packed, plans, ForwardOutput.None, new Sink(this, batches, plans.Length, whole, onRows), sweep, ct);
            while (_pending.Count > 0) TakeOldest();
        }
        finally
        {
            foreach (var step in _pending) step.Dispose();
            _pending.Clear();
            _pendingBytes = 0;
            packed.ForEach(b => b.Dispose());
        }

        foreach (var window in batches.SelectMany(b => b)) _windowsDone[_rows[window.Source]]++;
    }

    /// <inheritdoc/>
    /// <remarks>
    /// On a device that runs behind the host, the numbers are sent on their way and added when they have come, in the same order: the host goes on enqueuing
    /// layers and waits for none of them, unless too much is on its way.
    /// </remarks>
    public void OnLayer(int layer, LayerProbe probe)
    {
        var step = _model.Device.RunsBehind ? new LayerStep() : _step;
        step.Begin(layer, _batch);
        Fill(step, probe);
        if (step == _step)
        {
            Take(step);
            return;
        }

        // More than may be on its way goes without: tensor by tensor, when all before it is there.
        if (step.Rows.Bytes > MostPendingBytes)
        {
            while (_pending.Count > 0) TakeOldest();
            Take(step);
            return;
        }

        step.Rows.Begin(_model.Device);
        _pending.Enqueue(step);
        _pendingBytes += step.Rows.Bytes;
        for (int taken = 0; _pending.Count > 0 && (_pendingBytes > MostPendingBytes || (taken < StepsAtOnce && _pending.Peek().Rows.AreHere)); taken++)
            TakeOldest();
    }

    /// <inheritdoc/>
    public void OnCapture(SiteRef site, TensorView values)
    {
    }

    /// <summary>The statistics of all documents, and with them the temporary file where there is one.</summary>
    /// <param name="tokenizer">The tokenizer's fingerprint, for the header.</param>
    /// <param name="context">The window length the documents were cut to, for the header.</param>
    /// <exception cref="InvalidOperationException">A document has not been read, or more than once.</exception>
    public NeuronStats Finish(string tokenizer, int context)
    {
        for (int i = 0; i < _documents.Count; i++)
        {
            if (_windowsDone[i] != _documents[i].Windows.Count)
                throw new InvalidOperationException($"{_windowsDone[i]} of {_documents[i].Windows.Count} windows of {_documents[i].Document.Language} {_documents[i].Document.Index} were read");
        }

        for (int layer = 0; layer < _shape.Layers; layer++) FinishLayer(layer);
        var room = _room ?? throw new InvalidOperationException("the statistics were finished before");
        _room = null;
        return new NeuronStats(HeaderOf(_model, _options, tokenizer, context), _sums.Select(l => FinishLanguage(l.Key, l.Value)), room);
    }

    /// <summary>Closes the temporary file, unless <see cref="Finish"/> has handed it on.</summary>
    public void Dispose() => _room?.Dispose();

    /// <summary>The header of statistics taken with this model and these options.</summary>
    internal static StatsHeader HeaderOf(LanguageModel model, StatisticsOptions options, string tokenizer, int context) => new()
    {
        Model = model.Fingerprint,
        Tokenizer = tokenizer,
        Shape = ModelShape.Of(model.Spec),
        Context = context,
        Precision = model.Device.Precision,
        Options = options,
        Producers = [$"babel {typeof(NeuronStats).Assembly.GetName().Version?.ToString(3)} {model.Device.Name}"],
    };

    private LanguageStats FinishLanguage(string language, RunningSums[] sums)
    {
        var documents = _rowsOf[language].Select(i => _documents[i])
            .Select(d => new StatsDocument(d.Document.Index, d.Tokens, Convert.ToHexStringLower(d.Document.Digest())));
        return new LanguageStats(
            language, [.. documents], Enumerable.Range(0, sums.Length).ToDictionary(p => _parts[p], p => sums[p].Totals), _importance.ToDictionary(i => i.Key, i => i.Of(language)));
    }

    /// <summary>Makes a layer's sums whole and turns them into importances, once all windows have been through it.</summary>
    private void FinishLayer(int layer)
    {
        // Asked for its write norms a second time, a layer that has been let go would be read again.
        if (_layersFinished[layer]) return;
        _layersFinished[layer] = true;
        foreach (var sums in _sums.Values)
        {
            for (int part = 0; part < sums.Length; part++)
            {
                try
                {
                    sums[part].Finish(layer);
                }
                catch (OverflowException e)
                {
                    throw Overflown(part, layer, e);
                }
            }
        }

        foreach (var importance in _importance) importance.FinishLayer(layer, WriteNorms(importance.Key, layer));
    }

    private ProbePlan FirstPlan() => PlanOf(_options, _shape);

    /// <summary>What is observed for the statistics of these options, in the first pass where there are two.</summary>
    internal static ProbePlan PlanOf(StatisticsOptions options, ModelShape shape)
    {
        var sites = options.PartsOf(shape).Select(shape.SiteOf).ToHashSet();
        if (options.Importance.HasFlag(ImportanceForms.Exact)) sites.UnionWith([Site.MlpPost, Site.Z]);
        if (options.Importance.HasFlag(ImportanceForms.Repo)) sites.UnionWith([shape.SiteOf(NeuronPart.Up), Site.Z]);
        return new ProbePlan
        {
            Statistics = sites,
            ValueScores = options.Importance.HasFlag(ImportanceForms.Exact),
            QkScores = options.QkImportance switch
            {
                ImportanceForms.None => null,
                ImportanceForms.Repo => QkScoreForm.Repo,
                _ => QkScoreForm.Exact,
            },
        };
    }

    private void Fill(LayerStep step, LayerProbe probe)
    {
        if (!_secondPass)
        {
            for (int part = 0; part < _parts.Count; part++)
            {
                if (probe.Stats(_shape.SiteOf(_parts[part])) is { } stats) step.Add(part, stats);
            }
        }

        foreach (var importance in _importance)
        {
            bool ofSecondPass = _options.QkImportance == ImportanceForms.Both && importance.Key is { Form: ImportanceForms.Repo, Part: NeuronPart.Q };
            if (ofSecondPass == _secondPass && Source(importance.Key, probe) is { } source) step.Add(importance, source);
        }
    }

    private void TakeOldest()
    {
        using var step = _pending.Dequeue();
        _pendingBytes -= step.Rows.Bytes;
        Take(step);
    }

    private void Take(LayerStep step)
    {
        foreach (var (part, first) in step.Taps) AddSums(step, part, first);
        foreach (var (importance, index) in step.Importances) AddImportance(step, importance, index);
    }

    /// <summary>Where an importance's per-window sums come from.</summary>
    private TensorView? Source(ImportanceKey key, LayerProbe probe) => (key.Form, key.Part) switch
    {
        (ImportanceForms.Exact, NeuronPart.Down) => probe.Stats(Site.MlpPost)?.SumSquares.View,
        (ImportanceForms.Exact, NeuronPart.O) => probe.Stats(Site.Z)?.SumSquares.View,
        (ImportanceForms.Exact, NeuronPart.V) => probe.ValueScores,
        (ImportanceForms.Repo, NeuronPart.Up) => probe.Stats(_shape.SiteOf(NeuronPart.Up))?.SumAbs.View,
        (ImportanceForms.Repo, NeuronPart.V) => probe.Stats(Site.Z)?.SumAbs.View,
        (_, NeuronPart.Q) => probe.QScores,
        (_, NeuronPart.K) => probe.KScores,
        _ => null,
    };

    /// <summary>||w_k|| and ||r_i|| for the forms whose change is rank one; the other scores carry their weights already.</summary>
    private float[]? WriteNorms(ImportanceKey key, int layer) => (key.Form, key.Part) switch
    {
        (ImportanceForms.Exact, NeuronPart.Down) => _model.WriteNorms(Site.MlpPost, layer),
        (ImportanceForms.Exact, NeuronPart.O) => _model.WriteNorms(Site.Z, layer),
        _ => null,
    };

    private void AddImportance(LayerStep step, DocumentImportance importance, int index)
    {
        int width = checked((int)step.Rows.View(index).Shape.Columns), sequences = step.Batch.Windows.Count;
        bool wide = step.Rows.View(index).DType == DType.F64;
        var doubles = wide ? _host.Doubles(step.Rows, index) : default;
        var singles = wide ? default : _host.Singles(step.Rows, index);
        for (int s = 0; s < sequences; s++)
        {
            if (wide) importance.Add(step.Batch.Documents[s], step.Layer, doubles.Slice(s * width, width));
            else importance.Add(step.Batch.Documents[s], step.Layer, singles.Slice(s * width, width));
        }
    }

    /// <summary>Adds a part's statistics array by array, so that each is brought to the host once.</summary>
    private void AddSums(LayerStep step, int part, int tensor)
    {
        int layer = step.Layer;
        var counts = _host.Ints(step.Rows, tensor);
        foreach (var (first, rows, sums) in step.Batch.Languages) sums[part].AddCounts(layer, counts.Slice(first * sums[part].Width, rows * sums[part].Width));
        var largest = _host.Singles(step.Rows, tensor + 4);
        foreach (var (first, rows, sums) in step.Batch.Languages) sums[part].AddMaxima(layer, largest.Slice(first * sums[part].Width, rows * sums[part].Width));
        try
        {
            Add(SumKind.Values, tensor + 1);
            Add(SumKind.Sizes, tensor + 2);
            Add(SumKind.Squares, tensor + 3);
        }
        catch (OverflowException e)
        {
            throw Overflown(part, layer, e);
        }

        void Add(SumKind which, int index)
        {
            foreach (var (first, rows, sums) in step.Batch.Languages) sums[part].AddSums(which, layer, step.Rows, index, first, rows, _host);
        }
    }

    private NonFiniteException Overflown(int part, int layer, OverflowException e) => new(
        "statistics of activations are not finite numbers below 2^63", where: $"layer {layer}, {_shape.SiteOf(_parts[part])}", found: e.Message,
        hint: "the model's activations overflow; look at them with `babel trace`", inner: e);

    private BatchDocuments Lookup(IReadOnlyList<BatchWindow> windows)
    {
        var languages = new List<LanguageRows>();
        for (int first = 0, next; first < windows.Count; first = next)
        {
            string language = windows[first].Source.Document.Language;
            for (next = first + 1; next < windows.Count && windows[next].Source.Document.Language == language;) next++;
            languages.Add(new LanguageRows(first, next - first, _sums[language]));
        }

        return new BatchDocuments(windows, [.. windows.Select(w => _rows[w.Source])], [.. languages]);
    }

    /// <summary>The model's sweep, batch by batch or layer by layer.</summary>
    private sealed class Sink(StatisticsCollector collector, IReadOnlyList<IReadOnlyList<BatchWindow>> batches, int passes, bool whole, Action<long>? onRows)
        : ISweepSink
    {
        public IProbeSink Probe(int pass, int batch)
        {
            if (!ReferenceEquals(collector._batch.Windows, batches[batch])) collector._batch = collector.Lookup(batches[batch]);
            collector._secondPass = pass == 1;
            return collector;
        }

        public void OnResult(int pass, int batch, ForwardResult result)
        {
        }

        public void OnLayerDone(int layer)
        {
            if (!whole) return;
            while (collector._pending.Count > 0) collector.TakeOldest();
            collector.FinishLayer(layer);
        }

        public void OnProgress(long rows) => onRows?.Invoke(rows / passes);
    }
}

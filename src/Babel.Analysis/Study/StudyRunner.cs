using System.Runtime.CompilerServices;
using Babel.Analysis.Ablation;
using Babel.Analysis.Corpora;
using Babel.Analysis.Errors;
using Babel.Analysis.Lape;
using Babel.Analysis.Planning;
using Babel.Analysis.Plnd;
using Babel.Analysis.Runs;
using Babel.Analysis.Scoring;
using Babel.Analysis.Selection;
using Babel.Analysis.Statistics;
using Babel.Kernels;
using Babel.Model;
using Babel.Model.Hub;
using Babel.Model.Tokenizers;

namespace Babel.Analysis.Study;

/// <summary>
/// The main job: from a model folder and text to language neurons, proven by ablation. Statistics of one half of the text, sets from them, then
/// every set switched off on the other half against matched random controls; tables, figures and a manifest in a run folder.
/// </summary>
/// <remarks>
/// Every finished block of statistics and every finished pass is in the run folder, so a run that was interrupted goes on where it stopped, and
/// its results have the same bits as those of an uninterrupted one. A finished run is shown again from what is stored, without its model.
/// </remarks>
public sealed class StudyRunner
{
    private readonly StudyOptions _options;
    private readonly IStudyProgress? _progress;
    private readonly CancellationToken _ct;
    private readonly PhaseClock _clock;

    private StudyRunner(StudyOptions options, IStudyProgress? progress, CancellationToken ct)
    {
        _options = options;
        _progress = progress;
        _ct = ct;
        _clock = new PhaseClock(options.Clock);
    }

    /// <summary>Runs a study, goes on with one, or shows a finished one again.</summary>
    /// <param name="options">What to do.</param>
    /// <param name="progress">Told how far it is; may be null.</param>
    /// <param name="ct">Stops it between layers; what is finished is kept, nothing is left half-written.</param>
    /// <exception cref="RunRefusedException">The output folder is in use, or holds something else.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public static StudyResult Run(StudyOptions options, IStudyProgress? progress = null, CancellationToken ct = default) =>
        new StudyRunner(options, progress, ct).Run();

    private StudyResult Run()
    {
        string model = HubCache.Resolve(_options.Model);

        // Before the folder is made: what cannot be encoded leaves nothing behind.
        var tokenizer = Tokenizer.Load(model);
        using var device = _options.Devices.Open(_options.Device, _options.DeviceOptions);
        var identity = _clock.Time(StudyPhase.Load, () =>
            StudyIdentity.Of(_options, model, device, (done, total, what) => Report(StudyPhase.Load, done, total, what), _ct));
        using var folder = RunFolder.Open(
            _options.Output, "study", identity, StudyIdentity.Environment(_options, model, device), _options.Clock);
        if (folder.State == RunState.Finished) return ShowAgain(folder, model, device);
        if (folder.State == RunState.Resumed) _progress?.Note($"going on with the run in {folder.Path}");
        return Compute(folder, model, tokenizer, device);
    }

    private StudyResult Compute(RunFolder folder, string path, Tokenizer tokenizer, Device device)
    {
        var split = CorpusSplit.Make(Corpus.Load(_options.Corpus, _options.Languages), _options.Split, _options.SplitBlock);
        var footprint = ModelFootprint.Read(path, device);
        int context = WindowLength.Of(_options.Context, footprint.Spec);
        var (detection, evaluation) = _clock.Time(StudyPhase.Tokenize, () => Tokenize(split, tokenizer, context));
        var plan = Plan(footprint, device, path, detection, evaluation);
        folder.Describe("schedule", $"{plan.Schedule}");
        using var model = _clock.Time(StudyPhase.Load, () => LanguageModel.Load(path, device, plan.Schedule, new Relay<LoadProgress>(
            p => Report(StudyPhase.Load, p.BytesDone, p.BytesTotal, "reading weights")), _ct));
        folder.Describe("model.fingerprint", model.Fingerprint);

        var found = Detect(folder, path, model, detection, context, plan);
        using var scorer = Scorer.Create(model, evaluation.Documents, _options.BatchTokens, plan.ScoreSweep);
        StoredEvaluation.Keep(folder.Journal, model, scorer);
        var ablation = _clock.Time(StudyPhase.Ablate, () => Ablate(new AblationRunner(model, scorer, folder.Journal), found.Selections[0]));
        return Finish(folder, path, device, found, scorer.Documents, ablation);
    }

    /// <summary>Statistics, and the sets that follow from them. Statistics are in their file then; text is scored without them in memory.</summary>
    private Detection Detect(RunFolder folder, string path, LanguageModel model, TokenizedCorpus corpus, int context, RunPlan plan)
    {
        var found = Collect(folder, path, model, corpus, context, plan);

        // Large arrays would be collected late, and their memory is wanted now.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        return found;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private Detection Collect(RunFolder folder, string path, LanguageModel model, TokenizedCorpus corpus, int context, RunPlan plan)
    {
        var run = new StatisticsRunOptions
        {
            Folder = folder.Path,
            BatchTokens = _options.BatchTokens,
            Sweep = plan.StatisticsSweep,
            MostDocuments = plan.DocumentsAtOnce,
            Spool = plan.SpoolsStatistics,
        };
        using var stats = _clock.Time(StudyPhase.Statistics, () => StatisticsRun.Collect(
            model, corpus, TokenizerFingerprint.OfFolder(path), context, _options.Statistics, run,
            new Relay<StatisticsProgress>(p => Report(
                StudyPhase.Statistics, p.Tokens, p.TotalTokens, $"{p.Documents} of {p.TotalDocuments} documents")), _ct));
        return Detection.Of(stats, _clock.Time(StudyPhase.Select, () => Select(stats)));
    }

    // A finished study: statistics, documents and passes are all stored; sets and results follow from them as they did before.
    private StudyResult ShowAgain(RunFolder folder, string path, Device device)
    {
        _progress?.Note($"the run in {folder.Path} is finished; its results are shown again");
        using var stats = NeuronStats.Load(folder.File(BlockStore.ResultName));
        var stored = StoredEvaluation.Find(folder.Journal) ?? throw Incomplete(folder);
        var found = Detection.Of(stats, Select(stats));
        var runner = new AblationRunner(
            found.Shape, stored.Documents, (_, _, _) => throw Incomplete(folder), stored.Rows, stored.Identity, folder.Journal);
        return Finish(folder, path, device, found, stored.Documents, Ablate(runner, found.Selections[0]));
    }

    private static StoreCorruptException Incomplete(RunFolder folder) => new(
        "a finished run lacks a result", folder.Journal.Path, "every pass of the study", "a journal without it",
        "delete the folder and run the study again");

    /// <summary>Statistics and ablation planned together.</summary>
    private RunPlan Plan(ModelFootprint footprint, Device device, string path, TokenizedCorpus detection, TokenizedCorpus evaluation)
    {
        var work = new Workload
        {
            BatchTokens = _options.BatchTokens,
            Statistics = _options.Statistics,
            ScorePasses = 1 + (detection.Corpus.Languages.Count * (1 + _options.Ablation.Controls)),
            TextBytes = TextFootprint.Of(detection.Corpus) + TextFootprint.Of(evaluation.Corpus) + TextFootprint.OfTokenizer(path),
        };
        var plan = RunPlan.Of(footprint, device, work.With(detection, evaluation), _options.DeviceOptions.MemoryBudget, _options.Schedule);
        plan.RequireFit(Remedies.OfText);
        _progress?.Planned(plan, ProductRate.Measure(device, footprint));
        return plan;
    }

    private (TokenizedCorpus Detection, TokenizedCorpus Evaluation) Tokenize(CorpusSplit split, Tokenizer tokenizer, int context)
    {
        long total = split.Detection.Documents.Count + split.Evaluation.Documents.Count, done = 0;
        var gate = new Lock();
        TokenizedCorpus Encode(Corpus corpus) => TokenizedCorpus.Create(
            corpus,
            text =>
            {
                // Documents are encoded on several threads; whoever watches is told one thing at a time.
                lock (gate) Report(StudyPhase.Tokenize, done++, total, "text to tokens");
                return tokenizer.Encode(text, addSpecialTokens: true);
            },
            tokenizer.BosId, context, _ct);
        var detection = Encode(split.Detection);
        var evaluation = ReferenceEquals(split.Detection, split.Evaluation) ? detection : Encode(split.Evaluation);
        if (detection.SplitDocuments + evaluation.SplitDocuments is > 0 and var splitDocuments)
            _progress?.Note($"{splitDocuments} documents are longer than {context} tokens and lie in several windows");
        return (detection, evaluation);
    }

    private LanguageNeurons[] Select(NeuronStats stats)
    {
        Report(StudyPhase.Select, 0, 0, "");
        return
        [
            ComparativeSelector.Select(stats, _options.Selection), PlndSelector.Select(stats, _options.Plnd),
            LapeSelector.Select(stats, _options.Lape),
        ];
    }

    private AblationResult Ablate(AblationRunner runner, LanguageNeurons neurons)
    {
        foreach (var set in neurons.Sets.Where(s => s.Neurons.Count == 0)) _progress?.Note($"the set of {set.Language} is empty");
        return runner.Run(
            [.. neurons.Sets.Select(s => new AblationSet(s.Language, [.. s.Ids]))], _options.Ablation,
            p => Report(StudyPhase.Ablate, p.RowsDone, p.Rows, p.Pass.Length == 0 ? "" : $"{p.Pass} (pass {p.PassesDone + 1} of {p.Passes})"), _ct);
    }

    private StudyResult Finish(
        RunFolder folder, string path, Device device, Detection found, IReadOnlyList<EvaluatedDocument> documents, AblationResult ablation)
    {
        var result = new StudyResult
        {
            Output = folder.Path,
            State = folder.State,
            Model = path,
            Device = device.Name,
            Precision = device.Precision,
            Shape = found.Shape,
            Corpus = CorpusRows(found, documents),
            Neurons = found.Selections[0],
            Plnd = found.Selections[1],
            Lape = found.Selections[2],
            Ablation = ablation,
            Overlaps = MethodOverlap.Of(found.Selections),
        };
        _ct.ThrowIfCancellationRequested();
        Report(StudyPhase.Write, 0, 0, "");
        var files = _clock.Time(StudyPhase.Write, () => StudyFiles.Write(folder, result));
        folder.Finish(_clock.Seconds);
        return result with { Files = files, PhaseSeconds = _clock.Seconds };
    }

    private static List<StudyCorpusRow> CorpusRows(Detection found, IReadOnlyList<EvaluatedDocument> documents) =>
    [
        .. found.Languages.Select(l => new StudyCorpusRow(
            l.Language, l.Documents, l.Tokens, documents.Count(d => d.Language == l.Language),
            documents.Where(d => d.Language == l.Language).Sum(d => (long)d.Tokens))),
    ];

    /// <summary>What is known of the statistics once they are out of memory.</summary>
    private sealed record Detection(ModelShape Shape, IReadOnlyList<(string Language, int Documents, long Tokens)> Languages, LanguageNeurons[] Selections)
    {
        public static Detection Of(NeuronStats stats, LanguageNeurons[] selections) =>
            new(stats.Header.Shape, [.. stats.Languages.Select(l => (l.Language, l.Documents.Count, l.Tokens))], selections);
    }

    private void Report(StudyPhase phase, long done, long total, string detail) => _progress?.Report(phase, done, total, detail);

    /// <summary>Progress on the calling thread; the framework's Progress would post it elsewhere and out of order.</summary>
    private sealed class Relay<T>(Action<T> report) : IProgress<T>
    {
        public void Report(T value) => report(value);
    }
}

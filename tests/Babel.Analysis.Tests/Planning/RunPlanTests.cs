using Babel.Analysis.Ablation;
using Babel.Analysis.Corpora;
using Babel.Analysis.Planning;
using Babel.Analysis.Scoring;
using Babel.Analysis.Statistics;
using Babel.Kernels;
using Babel.Kernels.Errors;
using Babel.Model;
using Babel.Model.RandomModels;
using Xunit;

namespace Babel.Analysis.Tests.Planning;

/// <summary>What is foretold of a run: that it fits, what would help, and that the numbers are those of the run.</summary>
public sealed class RunPlanTests : IDisposable
{
    private const long Little = 768L << 20;
    private static readonly StatisticsOptions s_study = new() { QkImportance = ImportanceForms.Exact };
    private readonly TemporaryFolder _folder = new();
    private readonly Device _device = DeviceRegistry.Default.Open("cpu");

    public void Dispose()
    {
        _device.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Study_OfEightLanguagesOn1b_FitsAFifthOfItsWeights()
    {
        var plan = RunPlan.Of(OneBillion(), _device, Study1b(), Little);
        Assert.True(plan.Fits);
        Assert.InRange(plan.PeakBytes, Little / 2, Little);
        Assert.InRange(plan.Model.StorageBytes, 5 * Little, 6 * Little);
        Assert.Equal((Schedule.Layer, true, 1), (plan.Schedule, plan.SpoolsStatistics, plan.StatisticsReads));

        // 21,504 neurons of 60 bytes and 10,240 importances of 24 in 22 layers and 8 languages; 4 bytes an importance and document.
        long stored = (22 * 8 * ((21_504L * 60) + (10_240 * 24))) + (800 * 22 * 10_240L * 4);
        Assert.Equal((stored, stored), (plan.StoredBytes, plan.StatisticsSpoolBytes));
        Assert.True(plan.TemporaryBytes >= stored + plan.HiddenBytes - plan.ResidentStateBytes);
    }

    [Fact]
    public void Statistics_OfMoreDocumentsThanMemoryHasRoomFor_AreTakenInUnits()
    {
        var model = OneBillion();
        var work = Study1b() with { DocumentTokens = [.. Enumerable.Repeat(46, 200_000)] };
        var plan = RunPlan.Of(model, _device, work, Little);
        Assert.True(plan.Fits);
        Assert.True(plan.PeakBytes <= Little);
        Assert.InRange(plan.DocumentsAtOnce, 64, 200_000 / plan.StatisticsReads * 2);
        Assert.InRange(plan.StatisticsReads, 200_000 * 46 / StatisticsUnits.MostTokens, 4000);
        Assert.Equal(plan.StatisticsReads + 49, plan.WeightReads);
        Assert.Equal(2 * plan.StoredBytes, plan.StatisticsSpoolBytes);
    }

    [Theory]
    [InlineData(3, true)]
    [InlineData(50, false)]
    public void Numbers_OfLayerMajorRuns_AreThoseOfTheRuns(int documents, bool whole)
    {
        TinyLlama.Write(_folder.File("model"));
        var model = ModelFootprint.Read(_folder.File("model"), _device);
        var corpus = TinyLlama.Corpus(documents);
        var work = new Workload { BatchTokens = 200, Statistics = s_study, ScorePasses = 5 }.With(corpus, corpus);
        var plan = RunPlan.Of(model, _device, work, whole ? 1L << 40 : 1, Schedule.Layer);
        Assert.Equal((whole ? 1 : 3, whole ? 1 : 5), (plan.StatisticsReads, plan.WeightReads - plan.StatisticsReads));
        using var streamed = LanguageModel.Load(_folder.File("model"), _device, Schedule.Layer);
        var run = new StatisticsRunOptions
        {
            BatchTokens = 200,
            Sweep = plan.StatisticsSweep with { SpoolFolder = _folder.File("spool") },
            MostDocuments = plan.DocumentsAtOnce,
            Spool = plan.SpoolsStatistics,
        };
        Directory.CreateDirectory(_folder.File("spool"));
        long largest = 0;
        using var stats = StatisticsRun.Collect(
            streamed, corpus, "tokenizer", TinyLlama.Context, s_study, run, new Watch(() => largest = Math.Max(largest, Spooled())));
        long counted = streamed.BytesRead;

        // A page that was never let go of is not in the file.
        if (OperatingSystem.IsLinux()) Assert.InRange(Spooled(), whole ? 0 : plan.StoredBytes * 9 / 10, whole ? 0 : plan.StoredBytes);
        if (OperatingSystem.IsLinux()) Assert.InRange(largest, whole ? 0 : plan.StoredBytes * 9 / 10, whole ? 0 : plan.TemporaryBytes);

        using var scorer = Scorer.Create(streamed, corpus.Documents, 200, plan.ScoreSweep);
        new AblationRunner(streamed, scorer).Run(
            [new AblationSet("a", [new NeuronId(0, NeuronPart.Down, 1)]), new AblationSet("b", [new NeuronId(1, NeuronPart.Down, 2)])], new AblationOptions { Controls = 1 });

        // Of several units each reads the embeddings of its own ids, at most those of all.
        long embeddings = work.StatisticsIds * TinyLlama.Width * sizeof(float);
        Assert.InRange(streamed.BytesRead, plan.BytesRead - (whole ? 0 : 3 * embeddings), plan.BytesRead);
        Assert.InRange(counted, plan.StatisticsReads * (model.SweepBytes(0, logProbs: false) + 1), plan.StatisticsReads * model.SweepBytes(work.StatisticsIds, logProbs: false));
    }

    [Fact]
    public void Flops_AreThoseOfTheForwardPass()
    {
        var model = OneBillion();
        var work = Study1b();
        var plan = RunPlan.Of(model, _device, work, Little);
        double layers = 22 * 2.0 * 2048 * ((2 * (2048 + 256)) + (3 * 5632)), head = 2.0 * 32_000 * 2048;
        Assert.Equal((work.StatisticsTokens * layers) + (49 * (double)work.ScoreTokens * (layers + head)), plan.Flops, 1e6);
        Assert.Equal(layers + head, ForwardCost.Of(model.Spec, 1).Products + ForwardCost.Of(model.Spec, 1).Unembedding);
    }

    [Fact]
    public void RequireFit_NamesOnlyWhatHelps_AndWhatTheCommandHas()
    {
        var model = OneBillion();
        string Hint(Workload work, long budget, Schedule? schedule, Remedies remedies) => Assert.Throws<DeviceMemoryException>(
            () => RunPlan.Of(model, _device, work, budget, schedule).RequireFit(remedies)).Hint!;

        string token = Hint(Study1b(), Little, Schedule.Token, Remedies.OfText);
        Assert.StartsWith("--schedule layer, which needs about ", token, StringComparison.Ordinal);
        Assert.Matches(@"; or --memory \d{4}MiB$", token);
        Assert.Matches(@"^--memory \d{4}MiB$", Hint(Study1b(), Little, Schedule.Token, Remedies.None));
        Assert.DoesNotContain("--schedule", Hint(Study1b(), 64 << 20, Schedule.Token, Remedies.OfText), StringComparison.Ordinal);
        Assert.Matches(@"^--memory \d+MiB$", Hint(Study1b(), 64 << 20, null, Remedies.OfText | Remedies.NoDocuments));

        // Batches of 16,384 tokens are too much, smaller ones are not.
        var large = Study1b() with { BatchTokens = 1 << 14 };
        string batch = Hint(large, Little, null, Remedies.OfText);
        int tokens = int.Parse(batch.Split(' ')[1].TrimEnd(';'), System.Globalization.CultureInfo.InvariantCulture);
        Assert.StartsWith("--batch-tokens ", batch, StringComparison.Ordinal);
        RunPlan.Of(model, _device, large with { BatchTokens = tokens }, Little).RequireFit(Remedies.None);
        Assert.DoesNotContain("--batch-tokens", Hint(large, Little, null, Remedies.Schedule), StringComparison.Ordinal);

        // Token-major statistics of many documents do not fit where everything else does.
        var many = Study1b() with { ScorePasses = 0, ScoreTokens = 0 };
        long enough = RunPlan.Of(model, _device, many with { Statistics = s_study with { KeepDocuments = false } }).TokenMajorBytes + 1;
        Assert.Contains("--no-documents", Hint(many, enough, Schedule.Token, Remedies.OfText | Remedies.NoDocuments), StringComparison.Ordinal);
        Assert.DoesNotContain("--no-documents", Hint(many, enough, Schedule.Token, Remedies.OfText), StringComparison.Ordinal);
        string languages = Hint(many, enough + (200L << 20), Schedule.Token, Remedies.Languages);
        Assert.Matches(@"^\d languages in a run \(--languages\); or --memory", languages);
    }

    [Fact]
    public void WindowLength_IsAskedForOrFourThousand_AndTheModelsAtMost()
    {
        TinyLlama.Write(_folder.File("model"));
        var spec = ModelFolder.ReadSpec(_folder.File("model"));
        Assert.Equal([16, 16, 7], new int?[] { null, 5000, 7 }.Select(asked => WindowLength.Of(asked, spec)));
        var longer = spec with { MaxPositions = 131_072 };
        Assert.Equal([4096, 5000, 131_072], new int?[] { null, 5000, 1 << 20 }.Select(asked => WindowLength.Of(asked, longer)));
    }

    private ModelFootprint OneBillion() => ModelFootprint.Of(RandomModelShape.Named["1b"] with { Weights = DType.F32 }, _device);

    private static Workload Study1b() => new()
    {
        Statistics = s_study,
        Languages = 8,
        DocumentTokens = [.. Enumerable.Repeat(46, 800)],
        LongestWindow = 120,
        ScorePasses = 49,
        ScoreTokens = 37_532,
        StatisticsIds = 6000,
        ScoreIds = 6000,
        TextBytes = 4 << 20,
    };

    private long Spooled() => OpenFiles.In(_folder.File("spool")).Sum();

    private sealed class Watch(Action action) : IProgress<StatisticsProgress>
    {
        public void Report(StatisticsProgress value) => action();
    }
}

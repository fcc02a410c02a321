using Babel.Analysis.Corpora;
using Babel.Analysis.Errors;
using Babel.Analysis.Statistics;
using Babel.Kernels;
using Babel.Kernels.Errors;
using Babel.Model;
using Xunit;

namespace Babel.Analysis.Tests.Statistics;

public sealed class StatisticsRunTests : IDisposable
{
    private static readonly StatisticsOptions Everything = new() { Importance = ImportanceForms.Both, QkImportance = ImportanceForms.Both };

    private readonly TemporaryFolder _folder = new();
    private readonly Device _device = DeviceRegistry.Default.Open("cpu");
    private readonly LanguageModel _model;
    private readonly TokenizedCorpus _corpus = TinyLlama.Corpus(documents: 9);

    public StatisticsRunTests()
    {
        TinyLlama.Write(_folder.File("model"));
        _model = LanguageModel.Load(_folder.File("model"), _device);
    }

    public void Dispose()
    {
        _model.Dispose();
        _device.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 17)]
    [InlineData(4, 60)]
    [InlineData(1000, 100000)]
    public void Collect_AnyBatchAndBlockSize_SameBytes(int block, int tokens)
    {
        Assert.True(_corpus.SplitDocuments > 3);
        byte[] expected = Bytes(Collect(new StatisticsRunOptions()));
        Assert.Equal(expected, Bytes(Collect(new StatisticsRunOptions { BlockDocuments = block, BatchTokens = tokens })));
    }

    [Fact]
    public void Collect_WithoutRoomForABatch_HalvesItAndGivesTheSameBytes()
    {
        using var small = new SmallDevice(40 * TinyLlama.Width * sizeof(float));
        using var model = LanguageModel.Load(_folder.File("model"), small);
        var stats = StatisticsRun.Collect(model, _corpus, "tokenizer", TinyLlama.Context, Everything, new StatisticsRunOptions { BatchTokens = 1000 });
        Assert.True(small.Refusals > 0);
        Assert.Equal(Bytes(Collect(new StatisticsRunOptions())), Bytes(stats));
    }

    [Fact]
    public void Collect_WithoutRoomForOneWindow_SaysSo()
    {
        using var small = new SmallDevice(TinyLlama.Width * sizeof(float));
        using var model = LanguageModel.Load(_folder.File("model"), small);
        Assert.Throws<DeviceMemoryException>(() => StatisticsRun.Collect(model, _corpus, "tokenizer", TinyLlama.Context, Everything));
    }

    [Theory]
    [InlineData(long.MaxValue, 1L << 40, 1024)]
    [InlineData(0, 1L << 40, 17)]
    [InlineData(96 * 40, 96 * 300, 60)]
    [InlineData(0, 96 * 200, 20)]
    public void Collect_LayerMajor_SameBytes(long resident, long spool, int tokens)
    {
        byte[] expected = Bytes(Collect(new StatisticsRunOptions()));
        using var streamed = LanguageModel.Load(_folder.File("model"), _device, Schedule.Layer);
        var run = new StatisticsRunOptions
        {
            Folder = _folder.File("layers"),
            BatchTokens = tokens,
            Sweep = new SweepOptions { ResidentBytes = resident, SpoolBytes = spool },
            Spool = resident == 0,
        };
        var seen = new List<StatisticsProgress>();
        var stats = StatisticsRun.Collect(streamed, _corpus, "tokenizer", TinyLlama.Context, Everything, run, new Reports(seen.Add));
        Assert.Equal(expected, Bytes(stats));
        Assert.Equal(expected, File.ReadAllBytes(Path.Combine(run.Folder, "statistics.safetensors")));
        Assert.Equal(expected, Bytes(NeuronStats.Load(Path.Combine(run.Folder, "statistics.safetensors"))));
        Assert.Equal(["statistics.safetensors"], Directory.EnumerateFileSystemEntries(run.Folder).Select(Path.GetFileName), StringComparer.Ordinal);
        Assert.Equal((seen[^1].TotalTokens, seen[^1].TotalDocuments), (seen[^1].Tokens, seen[^1].Documents));
        Assert.All(seen.Zip(seen.Skip(1)), pair => Assert.True(pair.First.Tokens <= pair.Second.Tokens));
    }

    [SkippableFact]
    public void Collect_Spooled_ClosesItsFilesHoweverItEnds()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "open files are read from /proc");
        string spool = _folder.File("spool");
        Directory.CreateDirectory(spool);
        using var small = new SmallDevice(40 * TinyLlama.Width * sizeof(float));
        using var streamed = LanguageModel.Load(_folder.File("model"), _device, Schedule.Layer);
        using var narrow = LanguageModel.Load(_folder.File("model"), small, Schedule.Layer);
        var run = new StatisticsRunOptions
        {
            BatchTokens = 1000,
            Spool = true,
            MostDocuments = 10,
            Sweep = new SweepOptions { SpoolFolder = spool },
        };
        NeuronStats With(LanguageModel model, IProgress<StatisticsProgress>? progress = null, CancellationToken ct = default) =>
            StatisticsRun.Collect(model, _corpus, "tokenizer", TinyLlama.Context, Everything, run, progress, ct);
        int most = 0;
        using (var stats = With(streamed, new Reports(_ => most = Math.Max(most, OpenFiles.In(spool).Count))))
        {
            // So far and new, while units are read; one file in the end, however many languages and importances there are.
            Assert.Equal((2, 1), (most, OpenFiles.In(spool).Count));
            Assert.Equal(Bytes(Collect(new StatisticsRunOptions())), Bytes(stats));
        }

        Assert.Empty(OpenFiles.In(spool));
        using (var stats = With(narrow)) Assert.Equal(Bytes(Collect(new StatisticsRunOptions())), Bytes(stats));
        Assert.True(small.Refusals > 0);
        Assert.Empty(OpenFiles.In(spool));

        foreach (int documents in (int[])[0, 10, 20])
        {
            using var source = new CancellationTokenSource();
            var stop = new Reports(p =>
            {
                if (p.Documents == documents && p.Tokens > 0) source.Cancel();
            });
            Assert.ThrowsAny<OperationCanceledException>(() => With(streamed, stop, source.Token));
            Assert.Empty(OpenFiles.In(spool));
        }

        var broken = new Reports(p => throw new InvalidOperationException($"at {p.Tokens}"));
        Assert.Throws<InvalidOperationException>(() => With(streamed, broken));
        Assert.Empty(OpenFiles.In(spool));
    }

    [SkippableFact]
    public void Collect_ResumedFromBlocks_LeavesNoneOfThemOpen()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "open files are read from /proc");
        byte[] expected = Bytes(Collect(new StatisticsRunOptions()));
        var run = new StatisticsRunOptions { Folder = _folder.File("run"), BlockDocuments = 1 };
        using var source = new CancellationTokenSource();
        Assert.ThrowsAny<OperationCanceledException>(() => Collect(run, progress: new Reports(p =>
        {
            if (p.Documents == 26) source.Cancel();
        }), ct: source.Token));
        int most = 0;
        using (var stats = Collect(run, progress: new Reports(_ => most = Math.Max(most, OpenFiles.In(run.Folder).Count)))) Assert.Equal(expected, Bytes(stats));
        Assert.Equal(0, most);
        using (var again = Collect(run))
        {
            // A finished run is read where it lies.
            Assert.Single(OpenFiles.In(run.Folder));
            Assert.Equal(expected, Bytes(again));
        }

        Assert.Empty(OpenFiles.In(run.Folder));
    }

    [Fact]
    public void Collect_LayerMajorInterrupted_GoesOnInEitherSchedule()
    {
        byte[] expected = Bytes(Collect(new StatisticsRunOptions()));
        using var streamed = LanguageModel.Load(_folder.File("model"), _device, Schedule.Layer);
        var run = new StatisticsRunOptions
        {
            Folder = _folder.File("stopped"),
            BatchTokens = 20,
            Sweep = new SweepOptions { ResidentBytes = 96 * 400, SpoolBytes = 0 },
        };
        using var source = new CancellationTokenSource();
        var interrupt = new Reports(p =>
        {
            if (p.Documents > 8) source.Cancel();
        });
        Assert.ThrowsAny<OperationCanceledException>(() =>
            StatisticsRun.Collect(streamed, _corpus, "tokenizer", TinyLlama.Context, Everything, run, interrupt, source.Token));
        Assert.NotEmpty(Directory.GetFiles(Path.Combine(run.Folder, "blocks")));
        var seen = new List<StatisticsProgress>();
        Assert.Equal(expected, Bytes(Collect(run, progress: new Reports(seen.Add))));
        Assert.True(seen[0].Resumed > 8);
    }

    [Fact]
    public void Collect_Shards_MergeToOneRun()
    {
        byte[] expected = Bytes(Collect(new StatisticsRunOptions()));
        var shards = Enumerable.Range(0, 3).Select(s => Part(_corpus, d => d.Index % 3 == s)).Select(c => Collect(new StatisticsRunOptions(), c));
        Assert.Equal(expected, Bytes(NeuronStats.Merge([.. shards.Reverse()])));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(9)]
    public void Collect_InterruptedAndResumed_SameBytes(int batches)
    {
        byte[] expected = Bytes(Collect(new StatisticsRunOptions()));
        string folder = _folder.File($"run{batches}");
        var run = new StatisticsRunOptions { Folder = folder, BlockDocuments = 2, BatchTokens = 20 };
        using var source = new CancellationTokenSource();
        int reports = 0;
        var interrupt = new Reports(p =>
        {
            if (p.Tokens > 0 && ++reports == batches) source.Cancel();
        });
        Assert.ThrowsAny<OperationCanceledException>(() => Collect(run, progress: interrupt, ct: source.Token));
        Assert.False(File.Exists(Path.Combine(folder, "statistics.safetensors")));

        var seen = new List<StatisticsProgress>();
        var resumed = Collect(run with { BlockDocuments = 3 }, progress: new Reports(seen.Add));
        Assert.Equal(expected, Bytes(resumed));
        Assert.Equal(expected, File.ReadAllBytes(Path.Combine(folder, "statistics.safetensors")));
        Assert.Equal(["statistics.safetensors"], Directory.EnumerateFileSystemEntries(folder).Select(Path.GetFileName), StringComparer.Ordinal);
        Assert.Equal(batches > 1, seen[0].Resumed > 0);
        Assert.Equal(seen[^1].TotalDocuments, seen[^1].Documents);
        Assert.Equal(seen[^1].TotalTokens, seen[^1].Tokens);

        seen.Clear();
        Assert.Equal(expected, Bytes(Collect(run, progress: new Reports(seen.Add))));
        Assert.Equal(0, seen[^1].TotalTokens);
    }

    [Fact]
    public void Collect_MoreDocumentsLater_ReadsOnlyThose()
    {
        var run = new StatisticsRunOptions { Folder = _folder.File("grow") };
        Collect(run, Part(_corpus, d => d.Index < 5));
        var seen = new List<StatisticsProgress>();
        byte[] grown = Bytes(Collect(run, progress: new Reports(seen.Add)));
        Assert.Equal(15, seen[0].Resumed);
        Assert.Equal(Bytes(Collect(new StatisticsRunOptions())), grown);
    }

    [Fact]
    public void Collect_FolderOfAnotherRun_IsRefusedByField()
    {
        var run = new StatisticsRunOptions { Folder = _folder.File("run") };
        Collect(run);
        Assert.Contains("another importance", Refused(() => Collect(run, options: Everything with { Importance = ImportanceForms.Exact })), StringComparison.Ordinal);
        Assert.Contains("another tokenizer", Refused(() => Collect(run, tokenizer: "other")), StringComparison.Ordinal);
        var text = new Corpus(_corpus.Corpus.Documents.Select(d => d.Index == 3 ? d with { Text = "3 4" } : d));
        var changed = TokenizedCorpus.Create(text, _ => [1, 2], 1, TinyLlama.Context);
        Assert.Contains("another corpus", Refused(() => Collect(run, changed)), StringComparison.Ordinal);
        Assert.Contains("another corpus", Refused(() => Collect(run, Part(_corpus, d => d.Index < 5))), StringComparison.Ordinal);

        TinyLlama.Write(_folder.File("other"), seed: 2);
        File.AppendAllText(Path.Combine(_folder.File("other"), "config.json"), " ");
        using var other = LanguageModel.Load(_folder.File("other"), _device);
        Assert.Contains(
            "another model",
            Refused(() => StatisticsRun.Collect(other, _corpus, "tokenizer", TinyLlama.Context, Everything, run)),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Collect_Sums_AreThoseOfTheActivations()
    {
        var stats = Collect(new StatisticsRunOptions());
        foreach (var language in stats.Languages)
        {
            var documents = _corpus.Documents.Where(d => d.Document.Language == language.Language).ToList();
            Assert.Equal(documents.Sum(d => (long)d.Tokens), language.Tokens);
            foreach (var part in StatisticsOptions.AllParts)
            {
                var site = new SiteRef(stats.Header.Shape.SiteOf(part), 1);
                var values = documents.SelectMany(d => d.Windows).SelectMany(w => Rows(site, w)).ToList();
                var sums = language.SumsOf(part);
                for (int k = 0; k < sums.Width; k++)
                {
                    double[] column = [.. values.Select(row => (double)row[k])];
                    Assert.Equal(column.Count(v => v > 0), sums.Count.Read(1)[k]);
                    Assert.Equal((float)column.Max(), sums.Max.Read(1)[k]);
                    Near(column.Sum(), FixedPoint.ToDouble(sums.Sum.Read(1)[k]), column.Sum(Math.Abs));
                    Near(column.Sum(Math.Abs), FixedPoint.ToDouble(sums.SumAbs.Read(1)[k]), column.Sum(Math.Abs));
                    Near(column.Sum(v => v * v), FixedPoint.ToDouble(sums.SumSquares.Read(1)[k]), column.Sum(v => v * v));
                }
            }
        }

        static void Near(double expected, double found, double scale) => Assert.InRange(found, expected - (1e-6 * scale), expected + (1e-6 * scale));
    }

    [Fact]
    public void Collect_RepoImportance_IsTheReleasedProxies()
    {
        var stats = Collect(new StatisticsRunOptions());
        var language = stats.Of("en");
        for (int d = 0; d < 3; d++)
        {
            var windows = _corpus.Documents.Single(t => t.Document.Language == "en" && t.Document.Index == d).Windows;
            Matches(ImportanceForms.Repo, NeuronPart.Down, Site.MlpUp, windows, d);
            Matches(ImportanceForms.Repo, NeuronPart.V, Site.Z, windows, d);
        }

        Assert.Same(language.ImportanceOf(ImportanceForms.Repo, NeuronPart.Q), language.ImportanceOf(ImportanceForms.Repo, NeuronPart.K));
        Assert.All(language.ImportanceOf(ImportanceForms.Repo, NeuronPart.Q).Maximum.ToArray(), v => Assert.InRange(v, float.Epsilon, float.MaxValue));

        void Matches(ImportanceForms form, NeuronPart part, Site site, IReadOnlyList<int[]> windows, int document)
        {
            var found = language.ImportanceOf(form, part).Values(0, document).ToArray();
            var rows = windows.SelectMany(w => Rows(new SiteRef(site, 0), w)).ToList();
            for (int k = 0; k < found.Length; k++) Assert.Equal(rows.Sum(r => Math.Abs((double)r[k])), found[k], found[k] * 1e-6);
        }
    }

    [Fact]
    public void Finish_WithUnreadWindows_IsRefused()
    {
        var collector = new StatisticsCollector(_model, new StatisticsOptions(), _corpus.Documents);
        collector.Run([[new BatchWindow(_corpus.Documents[0], 0)]]);
        Assert.Throws<InvalidOperationException>(() => collector.Finish("tokenizer", TinyLlama.Context));
    }

    private static TokenizedCorpus Part(TokenizedCorpus corpus, Func<Document, bool> condition)
    {
        var ids = corpus.Documents.ToDictionary(d => d.Document.Text, d => d, StringComparer.Ordinal);
        return TokenizedCorpus.Create(
            corpus.Corpus.Where(condition),
            text => [1, .. ids[text].Windows.SelectMany(w => w[1..])],
            1,
            TinyLlama.Context);
    }

    private static string Refused(Action action) => Assert.Throws<StoreCorruptException>(action).Message;

    private NeuronStats Collect(
        StatisticsRunOptions run,
        TokenizedCorpus? corpus = null,
        StatisticsOptions? options = null,
        string tokenizer = "tokenizer",
        IProgress<StatisticsProgress>? progress = null,
        CancellationToken ct = default) =>
        StatisticsRun.Collect(_model, corpus ?? _corpus, tokenizer, TinyLlama.Context, options ?? Everything, run, progress, ct);

    private byte[] Bytes(NeuronStats stats)
    {
        string path = _folder.File($"{Guid.NewGuid():N}.safetensors");
        stats.Save(path);
        return File.ReadAllBytes(path);
    }

    private List<float[]> Rows(SiteRef site, int[] window)
    {
        var sink = new Keep(_device);
        using var batch = Batch.Pack(_model, [window], targets: false);
        _model.Run(batch, ForwardOutput.None, new ProbePlan { Captures = new HashSet<SiteRef> { site } }, sink);
        return [.. sink.Values.Chunk(sink.Values.Length / window.Length)];
    }

    private sealed class Keep(Device device) : IProbeSink
    {
        public float[] Values { get; private set; } = [];

        public void OnLayer(int layer, LayerProbe probe)
        {
        }

        public void OnCapture(SiteRef site, TensorView values) => Values = device.ToFloats(values);
    }

    private sealed class Reports(Action<StatisticsProgress> action) : IProgress<StatisticsProgress>
    {
        public void Report(StatisticsProgress value) => action(value);
    }
}

using System.Text.Json;
using System.Xml.Linq;
using Babel.Analysis.Ablation;
using Babel.Analysis.Errors;
using Babel.Analysis.Planning;
using Babel.Analysis.Runs;
using Babel.Analysis.Selection;
using Babel.Analysis.Statistics;
using Babel.Analysis.Study;
using Babel.Kernels;
using Babel.Model;
using Xunit;

namespace Babel.Analysis.Tests.Study;

/// <summary>A whole study with the sample model on a little of the sample text.</summary>
public sealed class StudyRunnerTests : IDisposable
{
    private static readonly string[] Languages = ["en", "fi", "ru"];

    private readonly TemporaryFolder _folder = new();

    public StudyRunnerTests()
    {
        foreach (string language in Languages)
        {
            string[] lines = File.ReadAllLines(Path.Combine(Fixtures.Root, "samples", "text", $"parallel.{language}.txt"));
            Directory.CreateDirectory(_folder.File("text"));
            File.WriteAllLines(_folder.File($"text/small.{language}.txt"), lines.Take(12).Select(l => string.Join(' ', l.Split(' ').Take(6))));
        }
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Run_Whole_WritesWhatItReturns()
    {
        var result = StudyRunner.Run(Options("run"));

        Assert.Equal(RunState.Fresh, result.State);
        Assert.Equal(Languages, result.Ablation.Languages);
        Assert.All(result.Corpus, row => Assert.Equal((6, 6), (row.DetectionDocuments, row.EvaluationDocuments)));
        Assert.All(result.Neurons.Sets, s => Assert.InRange(s.Neurons.Count, 1, (int)(0.02 * result.Shape.FfnNeurons)));
        // Even on six lines a language's own neurons matter to it more than to the others, and more than chance.
        Assert.All(result.Ablation.Rows, row => Assert.True(row.Own!.Delta.Nll.Value > row.MeanOfOthers, row.Set));
        Assert.Equal(["load", "tokenize", "statistics", "select", "ablate", "write"], result.PhaseSeconds.Select(p => p.Key), StringComparer.Ordinal);

        var manifest = RunManifest.Read(_folder.File("run/manifest.json"));
        Assert.True(manifest.Finished);
        Assert.Equal(
            result.Files.Where(f => f != "manifest.json").Order(StringComparer.Ordinal), manifest.Outputs.Select(o => o.Key), StringComparer.Ordinal);
        Assert.All(manifest.Outputs, o => Assert.Equal(o.Value, ContentKey.OfFile(_folder.File("run/" + o.Key))));
        Assert.Contains(manifest.Identity, i => i.Key == "sha256 of model/model.safetensors" && i.Value.Length == 64);
        Assert.Contains(manifest.Identity, i => i.Key == "sha256 of corpus/small.ru.txt");
        Assert.Contains(manifest.Environment, e => e.Key == "model.fingerprint");
        AssertFilesParse(result);
        Assert.Equal(
            result.Neurons.Of("ru").Ids, NeuronSetJson.Load(_folder.File("run/neurons.json")).Of("ru").Ids);
    }

    [Fact]
    public void Run_InterruptedAfterEveryPass_ResumedToTheSameBytes()
    {
        StudyRunner.Run(Options("whole"));
        var expected = Snapshot("whole");
        const int Passes = 1 + 3 + 3 * 2;
        for (int k = 0; k < Passes; k++)
        {
            string name = $"cut{k}";
            using (var stop = new CancellationTokenSource())
            {
                var progress = new Watcher((phase, detail) =>
                {
                    if (phase == StudyPhase.Ablate && detail.EndsWith($"(pass {k + 1} of {Passes})", StringComparison.Ordinal)) stop.Cancel();
                });
                Assert.ThrowsAny<OperationCanceledException>(() => StudyRunner.Run(Options(name), progress, stop.Token));
            }

            AssertWhole(name);
            var seen = new Watcher((_, _) => { });
            Assert.Equal(RunState.Resumed, StudyRunner.Run(Options(name), seen).State);
            Assert.Contains(seen.Details, d => d.EndsWith($"(pass {k + 1} of {Passes})", StringComparison.Ordinal));
            Assert.DoesNotContain(seen.Details, d => d.EndsWith($"(pass {k} of {Passes})", StringComparison.Ordinal));
            AssertSame(expected, name);
            Directory.Delete(_folder.File(name), recursive: true);
        }
    }

    [Theory]
    [InlineData(StudyPhase.Load)]
    [InlineData(StudyPhase.Tokenize)]
    [InlineData(StudyPhase.Statistics)]
    [InlineData(StudyPhase.Select)]
    public void Run_InterruptedEarlier_ResumedToTheSameBytes(StudyPhase at)
    {
        StudyRunner.Run(Options("whole"));
        using var stop = new CancellationTokenSource();
        var progress = new Watcher((phase, _) =>
        {
            if (phase == at) stop.Cancel();
        });
        Assert.ThrowsAny<OperationCanceledException>(() => StudyRunner.Run(Options("cut"), progress, stop.Token));
        StudyRunner.Run(Options("cut"));
        AssertSame(Snapshot("whole"), "cut");
    }

    [Fact]
    public void Run_Finished_IsShownAgainWithoutTheModel()
    {
        var first = StudyRunner.Run(Options("run"));
        var expected = Snapshot("run");
        byte[] manifest = File.ReadAllBytes(_folder.File("run/manifest.json"));
        File.Delete(_folder.File("run/deltas.csv"));
        var seen = new Watcher((_, _) => { });
        var again = StudyRunner.Run(Options("run"), seen);

        Assert.Equal(RunState.Finished, again.State);
        Assert.DoesNotContain(seen.Details, d => d.StartsWith("reading weights", StringComparison.Ordinal));
        Assert.Contains(seen.Notes, n => n.Contains("is finished", StringComparison.Ordinal));
        Assert.Equal(first.Ablation.Rows.Select(r => r.Selectivity), again.Ablation.Rows.Select(r => r.Selectivity));
        AssertSame(expected, "run");
        Assert.Equal(manifest, File.ReadAllBytes(_folder.File("run/manifest.json")));
    }

    [Fact]
    public void Run_OtherOptionsOrText_IsRefusedByName()
    {
        StudyRunner.Run(Options("run"));
        var error = Assert.Throws<RunRefusedException>(() =>
            StudyRunner.Run(Options("run") with { Selection = new ComparativeOptions { Share = 0.01 }, Ablation = new AblationOptions { Controls = 3 } }));
        Assert.Equal("controls = 2; controls.seeds = 1,2; selection.share = 0.02", error.Expected);
        File.AppendAllText(_folder.File("text/small.ru.txt"), "ещё\n");
        error = Assert.Throws<RunRefusedException>(() => StudyRunner.Run(Options("run")));
        Assert.StartsWith("sha256 of corpus/small.ru.txt = ", error.Expected, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_ThreadsAndBatch_DoNotChangeAByte()
    {
        StudyRunner.Run(Options("one") with { DeviceOptions = new(Threads: 1), BatchTokens = 64 });
        StudyRunner.Run(Options("two") with { DeviceOptions = new(Threads: 2), BatchTokens = 4096 });
        AssertSame(Snapshot("one"), "two");
    }

    [Fact]
    public void Run_WithALongerContextThanTheModels_KeepsToTheModels()
    {
        string text = _folder.File("text/small.en.txt");
        File.AppendAllText(text, string.Join(' ', Enumerable.Repeat("and the king said unto them", 200)) + "\n");
        var seen = new Watcher((phase, _) =>
        {
            if (phase == StudyPhase.Statistics) throw new OperationCanceledException();
        });
        Assert.Throws<OperationCanceledException>(() => StudyRunner.Run(Options("run") with { Context = 100_000 }, seen));
        Assert.Equal(ModelFolder.ReadSpec(Options("run").Model).MaxPositions, seen.Plan!.Work.LongestWindow);
        Assert.Contains(seen.Notes, n => n.StartsWith("1 documents are longer", StringComparison.Ordinal));
    }

    [Fact]
    public void Run_Spooled_IsTheSameBytes()
    {
        StudyRunner.Run(Options("whole"));
        var seen = new Watcher((_, _) => { });
        StudyRunner.Run(Options("layers") with { Schedule = Schedule.Layer }, seen);
        Assert.False(seen.Plan!.SpoolsStatistics);
        AssertSame(Snapshot("whole"), "layers");

        // The least memory: statistics of finished layers are in a file.
        long least = seen.Plan.PeakBytes;
        for (bool spooled = false; !spooled; least -= 1 << 20)
        {
            var plan = RunPlan.Of(seen.Plan.Model, DeviceRegistry.Default.Open("cpu"), seen.Plan.Work, least, Schedule.Layer);
            Assert.True(plan.Fits);
            spooled = plan.SpoolsStatistics;
        }

        StudyRunner.Run(Options("spooled") with { DeviceOptions = new(MemoryBudget: least + (1 << 20)), Schedule = Schedule.Layer }, seen);
        Assert.True(seen.Plan.SpoolsStatistics);
        AssertSame(Snapshot("whole"), "spooled");
    }

    private StudyOptions Options(string name) => new()
    {
        Model = Path.Combine(Fixtures.Root, "samples", "babel-nano"),
        Corpus = _folder.File("text"),
        Output = _folder.File(name),
        SplitBlock = 3,
        Ablation = new AblationOptions { Controls = 2 },
        Statistics = new StatisticsOptions(),
    };

    // Everything a study leaves except what holds times: the manifest, compared by its parts.
    private Dictionary<string, string> Snapshot(string name)
    {
        var files = Directory.GetFiles(_folder.File(name), "*", SearchOption.AllDirectories)
            .Where(f => Path.GetFileName(f) is not ("manifest.json" or "run.lock"))
            .ToDictionary(f => Path.GetRelativePath(_folder.File(name), f), ContentKey.OfFile, StringComparer.Ordinal);
        var manifest = RunManifest.Read(_folder.File(name + "/manifest.json"));
        foreach (var (key, value) in manifest.Identity.Concat(manifest.Outputs)) files.Add("manifest: " + key, value);
        return files;
    }

    private void AssertSame(Dictionary<string, string> expected, string name)
    {
        var actual = Snapshot(name);
        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), actual.Keys.Order(StringComparer.Ordinal), StringComparer.Ordinal);
        foreach (var (file, hash) in expected) Assert.True(actual[file] == hash, $"{file} differs");
    }

    // After an interruption: no temporary file, and every line of the journal whole.
    private void AssertWhole(string name)
    {
        Assert.Empty(Directory.GetFiles(_folder.File(name), "*.tmp", SearchOption.AllDirectories));
        Assert.False(RunManifest.Read(_folder.File(name + "/manifest.json")).Finished);
        string journal = File.ReadAllText(_folder.File(name + "/journal.jsonl"));
        Assert.EndsWith("\n", journal, StringComparison.Ordinal);
    }

    private void AssertFilesParse(StudyResult result)
    {
        foreach (string name in result.Files)
        {
            string path = _folder.File("run/" + name);
            string text = File.ReadAllText(path);
            switch (Path.GetExtension(name))
            {
                case ".svg":
                    Assert.Equal("svg", XDocument.Parse(text).Root!.Name.LocalName);
                    break;
                case ".json":
                    JsonDocument.Parse(text).Dispose();
                    break;
                case ".csv":
                    string[] lines = text.TrimEnd('\n').Split('\n');
                    Assert.True(lines.Length > 1, name);
                    int commas = lines[0].Count(c => c == ',');
                    Assert.All(lines, l => Assert.Equal(commas, l.Count(c => c == ',')));
                    break;
            }
        }
    }

    private sealed class Watcher(Action<StudyPhase, string> onReport) : IStudyProgress
    {
        public List<string> Details { get; } = [];

        public List<string> Notes { get; } = [];

        public RunPlan? Plan { get; private set; }

        public void Report(StudyPhase phase, long done, long total, string detail)
        {
            Details.Add(detail);
            onReport(phase, detail);
        }

        public void Planned(RunPlan plan, double gigaflopsPerSecond) => Plan = plan;

        public void Note(string message) => Notes.Add(message);
    }
}

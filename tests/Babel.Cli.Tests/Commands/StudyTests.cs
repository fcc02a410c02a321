using System.Text.Json;
using Xunit;

namespace Babel.Cli.Tests.Commands;

/// <summary>The main job on a few lines of the sample text: end to end, interrupted, and step by step.</summary>
public sealed class StudyTests : IDisposable
{
    private static readonly string Model = Path.Combine(House.Repository.Root, "samples", "babel-nano");
    private readonly TemporaryFolder _folder = new();

    public StudyTests()
    {
        foreach (string language in new[] { "de", "zh" })
        {
            string text = Path.Combine(House.Repository.Root, "samples", "text", $"parallel.{language}.txt");
            File.WriteAllLines(_folder.File($"few.{language}.txt"), File.ReadLines(text).Take(20));
        }
    }

    [Fact]
    public void Study_FindsNeuronsThatMatterToTheirLanguage_AndWritesItsFiles()
    {
        var run = Study("run", "--json");
        Assert.True(run.Code == 0, run.Error);
        string[] foretold = ["schedule: token-major", "statistics: one pass over", "scoring: 9 passes over", "time: about ", "memory: about ", "disk: "];
        Assert.All(foretold, f => Assert.Single(run.Error.Split('\n'), l => l.StartsWith(f, StringComparison.Ordinal)));
        using var json = JsonDocument.Parse(run.Output);
        var rows = json.RootElement.GetProperty("summary").GetProperty("ablation").EnumerateArray().ToList();
        Assert.Equal(["de", "zh"], rows.Select(r => r.GetProperty("set").GetString()), StringComparer.Ordinal);
        Assert.All(rows, r => Assert.InRange(r.GetProperty("ownDeltaNll").GetDouble(), 0.02, 10));
        Assert.All(rows, r => Assert.True(r.GetProperty("ownDeltaNll").GetDouble() > r.GetProperty("meanOfOthersDeltaNll").GetDouble()));
        foreach (var file in json.RootElement.GetProperty("files").EnumerateArray())
            Assert.True(File.Exists(_folder.File(Path.Combine("run", file.GetString()!))), file.GetString());
    }

    [Fact]
    public void Study_Tables_HaveNoEscapes_MarkTheDiagonal_AndKeepToAHundredColumns()
    {
        var run = Study("run", "-q");
        Assert.Equal((0, ""), (run.Code, run.Error));
        Assert.DoesNotContain('\e', run.Output);
        Assert.Matches(@"\nzh +82 +[-+]\d\.\d+ +\[\+\d\.\d+\]", run.Output);
        Assert.All(run.Output.Split('\n').Where(l => !l.Contains(_folder.Path, StringComparison.Ordinal)), l => Assert.InRange(l.Length, 0, 100));
    }

    [Fact]
    public void Study_Interrupted_ExitsWith130_AndGoesOnToTheSameResults()
    {
        // Many controls: enough passes are left when the interruption comes, however fast the machine is.
        string[] many = ["--controls", "30"];
        Assert.Equal(0, Study("whole", ["-q", .. many]).Code);
        using var stop = new CancellationTokenSource();
        // Threads of their own: in a starved pool the interruption could come after the last pass.
        CommandRun? first = null;
        var interrupted = new Thread(() => first = CommandRun.With(null, stop.Token, Arguments("parts", ["-q", .. many])));
        interrupted.Start();
        string journal = _folder.File(Path.Combine("parts", "journal.jsonl"));
        while (interrupted.IsAlive && Lines(journal) < 4) Thread.Sleep(1);
        stop.Cancel();
        interrupted.Join();
        Assert.Equal(130, first!.Code);
        Assert.Equal("", first.Output);
        Assert.False(File.Exists(_folder.File("parts/deltas.csv")));
        Assert.DoesNotContain(Directory.EnumerateFiles(_folder.File("parts"), "*", SearchOption.AllDirectories), f => f.Contains(".tmp", StringComparison.Ordinal));
        int kept = Lines(journal);

        var second = Study("parts", many);
        Assert.Equal(0, second.Code);
        Assert.Contains("going on with the run", second.Error, StringComparison.Ordinal);
        Assert.True(Lines(journal) > kept);
        foreach (string file in new[] { "neurons.json", "deltas.csv", "controls.csv", "statistics.safetensors" })
            Assert.Equal(File.ReadAllBytes(_folder.File("whole/" + file)), File.ReadAllBytes(_folder.File("parts/" + file)));
    }

    [Fact]
    public void Study_FolderOfAnotherRun_ExitsWithSeven()
    {
        Assert.Equal(0, Study("run", "-q").Code);
        Assert.Equal(7, Study("run", "-q", "--share", "0.01").Code);
    }

    [Fact]
    public void Study_OfOneLanguage_IsAUsageError() => Assert.Equal(2, Study("run", "--languages", "de").Code);

    [Fact]
    public void StatsNeuronsScoreAblate_StepByStep_FitTogether()
    {
        string whole = _folder.File("whole"), neurons = _folder.File("neurons.json");
        using (Json("stats", Model, "--corpus", _folder.Path, "--out", whole)) { }
        foreach (string language in new[] { "de", "zh" })
            using (Json("stats", Model, "--corpus", _folder.Path, "--languages", language, "--out", _folder.File(language))) { }
        using (Json("stats", "merge", _folder.File("zh"), _folder.File("de"), "--out", _folder.File("merged.safetensors"))) { }
        Assert.Equal(File.ReadAllBytes(Path.Combine(whole, "statistics.safetensors")), File.ReadAllBytes(_folder.File("merged.safetensors")));

        using var selected = Json("neurons", _folder.File("merged.safetensors"), "--share", "0.01", "--out", neurons);
        Assert.Equal([41, 41], selected.RootElement.GetProperty("sets").EnumerateArray().Select(s => s.GetProperty("neurons").GetInt32()));
        using var lape = Json("neurons", whole, "--method", "lape", "--out", _folder.File("lape.csv"));
        Assert.StartsWith("language,rank,layer,part,index", File.ReadAllText(_folder.File("lape.csv")), StringComparison.Ordinal);
        using var plnd = Json("neurons", whole, "--method", "plnd", "--parts", "ffn", "--top-ffn", "50", "--hit-rate", "0.9");
        Assert.Equal("plnd.exact", plnd.RootElement.GetProperty("method").GetString());

        using var before = Json("score", Model, "--corpus", _folder.Path);
        using var after = Json("score", Model, "--corpus", _folder.Path, "--ablate", neurons + "#zh");
        using var ablated = Json("ablate", Model, "--neurons", neurons, "--corpus", _folder.Path, "--controls", "0");
        double zh = Nll(after, "zh") - Nll(before, "zh");
        var cell = ablated.RootElement.GetProperty("sets").EnumerateArray().Single(s => s.GetProperty("set").GetString() == "zh")
            .GetProperty("languages").EnumerateArray().Single(l => l.GetProperty("language").GetString() == "zh");
        Assert.InRange(zh, 0.01, 10);
        Assert.Equal(zh, cell.GetProperty("deltaNll").GetDouble(), 1e-9);
    }

    [Fact]
    public void Ablate_OfSeveralSetsWithoutAName_ListsThem()
    {
        File.WriteAllText(_folder.File("n.json"), """
            {"model": "", "method": "import", "options": {}, "sets": [{"language": "de", "neurons": []}, {"language": "zh", "neurons": []}]}
            """);
        var run = CommandRun.Of("score", Model, "--corpus", _folder.Path, "--ablate", _folder.File("n.json"), "-q");
        Assert.Equal(2, run.Code);
        Assert.Contains("de, zh", run.Error, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private static double Nll(JsonDocument scores, string language) => scores.RootElement.GetProperty("scores").EnumerateArray()
        .Single(s => s.GetProperty("language").GetString() == language).GetProperty("nll").GetDouble();

    private static JsonDocument Json(params string[] arguments)
    {
        var run = CommandRun.Of([.. arguments, "--json", "-q"]);
        Assert.True(run.Code == 0, run.Error);
        Assert.Equal("", run.Error);
        return JsonDocument.Parse(run.Output);
    }

    private static int Lines(string path)
    {
        if (!File.Exists(path)) return 0;
        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return reader.ReadToEnd().Count(c => c == '\n');
    }

    private string[] Arguments(string output, params string[] more) =>
        ["study", Model, "--corpus", _folder.File("few.*.txt"), "--out", _folder.File(output), .. more.Contains("--controls") ? more : ["--controls", "3", .. more]];

    private CommandRun Study(string output, params string[] more) => CommandRun.Of(Arguments(output, more));
}

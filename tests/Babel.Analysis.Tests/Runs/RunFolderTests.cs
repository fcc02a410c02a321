using Babel.Analysis.Errors;
using Babel.Analysis.Runs;
using Xunit;

namespace Babel.Analysis.Tests.Runs;

public sealed class RunFolderTests
{
    private static readonly KeyValuePair<string, string>[] Identity = [new("seed", "1"), new("model", "abc")];
    private static readonly KeyValuePair<string, string>[] Environment = [new("command", "babel study x"), new("os", "any")];

    [Fact]
    public void Open_NewThenInterruptedThenFinished_SaysSo()
    {
        using var temp = new TemporaryFolder();
        string path = temp.File("deep/run");
        using (var run = Open(path))
        {
            Assert.Equal(RunState.Fresh, run.State);
            run.Journal.Append(ContentKey.Of("a"), "a", w => w.WriteNumberValue(1));
        }

        using (var run = Open(path))
        {
            Assert.Equal(RunState.Resumed, run.State);
            Assert.Equal(1, run.Journal.Count);
            run.WriteText("figures/a.svg", "<svg/>");
            run.WriteText("b.csv", "x\n1\n");
            run.Finish([new("statistics", 1.5)]);
        }

        var manifest = RunManifest.Read(Path.Combine(path, "manifest.json"));
        Assert.True(manifest.Finished);
        Assert.Equal(Identity, manifest.Identity);
        Assert.Equal(Environment, manifest.Environment);
        Assert.Equal(["started", "resumed.1", "finished", "seconds.statistics"], manifest.Times.Select(t => t.Key), StringComparer.Ordinal);
        Assert.Equal(
            [("b.csv", ContentKey.OfFile(Path.Combine(path, "b.csv"))), ("figures/a.svg", ContentKey.OfFile(Path.Combine(path, "figures", "a.svg")))],
            manifest.Outputs.Select(o => (o.Key, o.Value)));

        using (var run = Open(path))
        {
            Assert.Equal(RunState.Finished, run.State);
            run.WriteText("figures/a.svg", "<svg/>");
            run.WriteText("b.csv", "x\n1\n");
            run.Finish([new("statistics", 9)]);
        }

        Assert.Equal(manifest.Times, RunManifest.Read(Path.Combine(path, "manifest.json")).Times);
    }

    [Fact]
    public void Open_RunWithoutPrecision_IsAnExactOne()
    {
        using var temp = new TemporaryFolder();
        Open(temp.File("run")).Dispose();
        RunFolder.Open(temp.File("run"), "study", [.. Identity, new("precision", "exact")], Environment).Dispose();
        var error = Assert.Throws<RunRefusedException>(() =>
            RunFolder.Open(temp.File("run"), "study", [.. Identity, new("precision", "fast")], Environment));
        Assert.Equal(("precision = exact", "precision = fast"), (error.Expected, error.Found));
    }

    [Fact]
    public void Open_OtherOptions_IsRefusedByName()
    {
        using var temp = new TemporaryFolder();
        Open(temp.File("run")).Dispose();
        var error = Assert.Throws<RunRefusedException>(() =>
            RunFolder.Open(temp.File("run"), "study", [new("seed", "2"), new("model", "abc"), new("split", "all")], Environment));
        Assert.Equal("seed = 1; split = (nothing)", error.Expected);
        Assert.Equal("seed = 2; split = all", error.Found);
        Assert.NotNull(error.Hint);
        error = Assert.Throws<RunRefusedException>(() => RunFolder.Open(temp.File("run"), "stats", Identity, Environment));
        Assert.Equal("kind = study", error.Expected);
        Open(temp.File("run")).Dispose(); // a refusal changes nothing and holds nothing
    }

    [Fact]
    public void Open_OtherEnvironment_GoesOn()
    {
        using var temp = new TemporaryFolder();
        Open(temp.File("run")).Dispose();
        using var run = RunFolder.Open(temp.File("run"), "study", [.. Identity.Reverse()], [new("os", "another")]);
        Assert.Equal(RunState.Resumed, run.State);
    }

    [Fact]
    public void Open_HeldByAnother_IsRefused()
    {
        using var temp = new TemporaryFolder();
        using (Open(temp.File("run")))
            Assert.Contains("in use", Assert.Throws<RunRefusedException>(() => Open(temp.File("run"))).Message, StringComparison.Ordinal);
        Open(temp.File("run")).Dispose();
    }

    [Fact]
    public void Open_ForeignFolderOrFile_IsRefusedAndLeftAlone()
    {
        using var temp = new TemporaryFolder();
        string file = temp.File("thesis.txt", "years of work");
        Assert.Contains("thesis.txt", Assert.Throws<RunRefusedException>(() => Open(temp.Path)).Message, StringComparison.Ordinal);
        Assert.Equal([file], Directory.GetFiles(temp.Path));
        Assert.Throws<RunRefusedException>(() => Open(file));
        Assert.Equal("years of work", File.ReadAllText(file));
    }

    [Fact]
    public void Open_DamagedManifest_IsAnError()
    {
        using var temp = new TemporaryFolder();
        Open(temp.File("run")).Dispose();
        string manifest = Path.Combine(temp.File("run"), "manifest.json"), text = File.ReadAllText(manifest);
        foreach (string damaged in new[] { "", "{}", "[]", text[..^10], text.Replace("\"format\": 1", "\"format\": 2", StringComparison.Ordinal) })
        {
            File.WriteAllText(manifest, damaged);
            Assert.Throws<StoreCorruptException>(() => Open(temp.File("run")));
        }

        File.WriteAllText(manifest, text);
        Open(temp.File("run")).Dispose();
    }

    [Fact]
    public void Open_LeftoversOfAKilledWriter_AreRemovedAndNothingElse()
    {
        using var temp = new TemporaryFolder();
        string leftover = $".b.csv.{Guid.NewGuid():N}.tmp";
        temp.File(leftover, "half");
        Open(temp.Path).Dispose(); // a run killed before its first manifest is still a fresh folder
        Assert.False(File.Exists(temp.File(leftover)));
        temp.File(".mine.tmp", "keep");
        Open(temp.Path).Dispose();
        Assert.True(File.Exists(temp.File(".mine.tmp")));
    }

    [Fact]
    public void Csv_AwkwardValues_AreQuotedAndExact()
    {
        var table = new CsvTable("name", "value");
        table.Add("a,\"b\"", 0.1 + 0.2);
        table.Add("plain", double.NaN);
        table.Add(null, double.PositiveInfinity);
        table.Add("line\nbreak", 12L);
        Assert.Equal("name,value\n\"a,\"\"b\"\"\",0.30000000000000004\nplain,\n,inf\n\"line\nbreak\",12\n", table.ToString());
        Assert.Throws<ArgumentException>(() => table.Add("short"));
        Assert.Throws<ArgumentException>(() => table.Add("x", 1.5m));
    }

    private static RunFolder Open(string path) => RunFolder.Open(path, "study", Identity, Environment);
}

using System.Text.Json;
using Babel.Kernels;
using Babel.Model.Files;
using Xunit;

namespace Babel.Cli.Tests.Commands;

/// <summary>What was computed in which precision is said everywhere, and never mixed.</summary>
public sealed class PrecisionTests : IDisposable
{
    private static readonly string Model = Path.Combine(House.Repository.Root, "samples", "babel-nano");
    private readonly TemporaryFolder _folder = new();

    public PrecisionTests()
    {
        Skip.IfNot(DeviceRegistry.Default.List().Single(d => d.Name == "cpu").HasFast, "this processor has no fast precision");
        foreach (string language in new[] { "de", "zh" })
        {
            string text = Path.Combine(House.Repository.Root, "samples", "text", $"parallel.{language}.txt");
            File.WriteAllLines(_folder.File($"few.{language}.txt"), File.ReadLines(text).Take(20));
        }
    }

    [SkippableFact]
    public void Stats_OfTwoPrecisions_AreNeitherMergedNorResumed()
    {
        Assert.Equal("exact", Json(Stats("de", "exact")).GetProperty("precision").GetString());
        Assert.Equal("fast", Json(Stats("zh", "fast")).GetProperty("precision").GetString());
        var merged = CommandRun.Of("stats", "merge", _folder.File("de"), _folder.File("zh"), "-o", _folder.File("both.safetensors"), "-q");
        Assert.Equal(7, merged.Code);
        Assert.Contains("another precision", merged.Error, StringComparison.Ordinal);
        var resumed = Stats("de", "fast");
        Assert.Equal(7, resumed.Code);
        Assert.Contains("another precision", resumed.Error, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Study_OfOnePrecision_IsNotGoneOnWithInTheOther()
    {
        var fast = Study("fast");
        Assert.True(fast.Code == 0, fast.Error);
        Assert.Equal("fast", Json(fast).GetProperty("summary").GetProperty("precision").GetString());
        Assert.Contains("\"precision\": \"fast\"", File.ReadAllText(_folder.File("study/manifest.json")), StringComparison.Ordinal);
        var exact = Study("exact");
        Assert.Equal(7, exact.Code);
        Assert.Contains("precision = fast", exact.Error, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Score_InBothPrecisions_IsNearlyTheSame_AndSaysWhich()
    {
        var (exact, fast) = (Score("exact"), Score("fast"));
        Assert.Equal(("exact", "fast"), (exact.Precision, fast.Precision));
        Assert.NotEqual(exact.Nll, fast.Nll);
        Assert.InRange(fast.Nll, exact.Nll - 0.02, exact.Nll + 0.02);
    }

    [SkippableFact]
    public void Trace_NamesItsPrecision()
    {
        string path = _folder.File("t.safetensors");
        Assert.Equal(0, CommandRun.Of("trace", Model, "--ids", "1 2 3", "--sites", "Logits", "-o", path, "--precision", "fast", "-q").Code);
        using var file = SafetensorsFile.Open(path);
        Assert.Equal("fast", file.Metadata["precision"]);
    }

    [SkippableFact]
    public void SelfTest_InFastPrecision_Passes()
    {
        var run = CommandRun.Of("selftest", "--precision", "fast", "--operator", "GatedLinear", "--json", "-q");
        Assert.True(run.Code == 0, run.Output);
        Assert.Equal("fast", Json(run).GetProperty("precision").GetString());
    }

    public void Dispose() => _folder.Dispose();

    private CommandRun Stats(string language, string precision) => CommandRun.Of(
        "stats", Model, "--corpus", _folder.Path, "--languages", language, "--out", _folder.File(language), "--parts", "ffn", "--precision", precision, "--json", "-q");

    private CommandRun Study(string precision) => CommandRun.Of(
        "study", Model, "--corpus", _folder.Path, "--out", _folder.File("study"), "--controls", "1", "--precision", precision, "--json", "-q");

    private (string Precision, double Nll) Score(string precision)
    {
        var root = Json(CommandRun.Of("score", Model, "--corpus", _folder.Path, "--precision", precision, "--json", "-q"));
        return (root.GetProperty("precision").GetString()!, root.GetProperty("scores")[0].GetProperty("nll").GetDouble());
    }

    private static JsonElement Json(CommandRun run)
    {
        Assert.True(run.Code == 0, run.Error);
        using var document = JsonDocument.Parse(run.Output);
        return document.RootElement.Clone();
    }
}

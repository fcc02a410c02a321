using Xunit;

namespace Babel.Cli.Tests.Commands;

/// <summary>Each class of error ends with its own code, says why on stderr, and leaves stdout empty.</summary>
public sealed class ErrorTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void MissingModel_ExitsWithFive() => Fails(5, "no such model", "inspect", _folder.File("nothing"));

    [Fact]
    public void HubModelThatIsNotCached_ExitsWithFive_AndNamesTheDownload() => Fails(5, "nobody/nothing", "inspect", "nobody/nothing");

    [Fact]
    public void MissingCorpus_ExitsWithFive() =>
        Fails(5, "nowhere", "score", Sample, "--corpus", _folder.File("nowhere"), "-q");

    [Fact]
    public void TornConfiguration_ExitsWithThree()
    {
        File.WriteAllText(_folder.File("config.json"), "{ torn");
        Fails(3, "config.json", "trace", _folder.Path, "--ids", "1", "-o", _folder.File("t.npz"), "-q");
    }

    [Fact]
    public void UnknownFamily_ExitsWithFour_AndNamesIt()
    {
        File.WriteAllText(_folder.File("config.json"), "{\"model_type\": \"mystery\"}");
        Fails(4, "mystery", "trace", _folder.Path, "--ids", "1", "-o", _folder.File("t.npz"), "-q");
    }

    [Fact]
    public void Inspect_OfARefusedModel_SaysSo_AndExitsWithItsCode()
    {
        File.WriteAllText(_folder.File("config.json"), "{\"model_type\": \"mystery\"}");
        var run = CommandRun.Of("inspect", _folder.Path);
        Assert.Equal(4, run.Code);
        Assert.Contains("Refused, config:", run.Output, StringComparison.Ordinal);
        Assert.Contains("Refused, weights:", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("abacus")]
    [InlineData("cpu:nonsense")]
    [InlineData("cuda:7")]
    public void MissingDevice_ExitsWithSix(string device) =>
        Fails(6, device.Split(':')[0], "score", Sample, "--corpus", SampleText, "--device", device, "-q");

    [Fact]
    public void DeviceOutOfMemory_ExitsWithSix()
    {
        var devices = Babel.Kernels.DeviceRegistry.Default.With(new FailingDeviceProvider(new Babel.Kernels.Errors.DeviceMemoryException("no room")));
        Assert.Equal(6, CommandRun.With(devices, default, "score", Sample, "--corpus", SampleText, "--device", "failing").Code);
    }

    [Fact]
    public void Defect_ExitsWithOne_AndKeepsItsStackTrace()
    {
        var devices = Babel.Kernels.DeviceRegistry.Default.With(new FailingDeviceProvider(new InvalidOperationException("a bug")));
        var run = CommandRun.With(devices, default, "score", Sample, "--corpus", SampleText, "--device", "failing");
        Assert.Equal(1, run.Code);
        Assert.Contains("   at ", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void StatisticsThatAreNone_ExitWithSeven()
    {
        File.WriteAllText(_folder.File("statistics.safetensors"), "not statistics");
        Fails(7, "statistics", "neurons", _folder.Path);
    }

    [Fact]
    public void MissingStatistics_ExitWithFive() => Fails(5, "statistics", "neurons", _folder.Path);

    [Fact]
    public void MissingSetOfNeurons_ExitsWithFive() =>
        Fails(5, "set.json", "score", Sample, "--corpus", SampleText, "--ablate", _folder.File("set.json"), "-q");

    [Fact]
    public void MalformedSetOfNeurons_ExitsWithThree()
    {
        File.WriteAllText(_folder.File("set.json"), "{\"ablations\": {\"0\": {\"ffn_act\": [99999]}}}");
        Fails(3, "99999", "score", Sample, "--corpus", SampleText, "--ablate", _folder.File("set.json"), "-q");
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("no JSON")]
    public void SetOfNeuronsOfNoKnownForm_ExitsWithThree(string text)
    {
        string path = _folder.File("set.json", text);
        Fails(3, "set.json", "score", Sample, "--corpus", SampleText, "--ablate", path, "-q");
        Fails(3, "set.json", "ablate", Sample, "--corpus", SampleText, "--neurons", path, "-q");
    }

    [Fact]
    public void TooManyThreads_ExitWithTwo() => Fails(2, "--threads", "devices", "--threads", "100000");

    [Fact]
    public void UnknownPrecision_ExitsWithTwo() => Fails(2, "--precision", "devices", "--precision", "double");

    [Fact]
    public void FastPrecisionOfTheReference_ExitsWithSix() => Fails(6, "float64", "selftest", "--device", "ref", "--precision", "fast");

    [Fact]
    public void PositionsBeyondReason_ExitWithThree() => Fails(
        3, "position", "trace", Sample, "--ids", "1 2", "--position-ids", "0 2000000000", "--sites", "Logits", "--out", _folder.File("t.npz"), "-q");

    [Fact]
    public void OutputThatIsAFile_ExitsWithNine() =>
        Fails(9, "is a file", "stats", Sample, "--corpus", SampleText, "--out", _folder.File("out", "text"), "-q");

    [Fact]
    public void CancelledBeforeItBegins_ExitsWith130()
    {
        var run = CommandRun.With(null, new CancellationToken(canceled: true), "score", Sample, "--corpus", SampleText, "-q");
        Assert.Equal(130, run.Code);
        Assert.Equal("", run.Output);
        Assert.Contains("interrupted", run.Error, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private static string Sample => Path.Combine(House.Repository.Root, "samples", "babel-nano");

    private static string SampleText => Path.Combine(House.Repository.Root, "samples", "text");

    private static void Fails(int code, string says, params string[] arguments)
    {
        var run = CommandRun.Of(arguments);
        Assert.True(run.Code == code, $"{run.Code}: {run.Error}");
        Assert.Equal("", run.Output);
        Assert.Contains(says, run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
    }
}

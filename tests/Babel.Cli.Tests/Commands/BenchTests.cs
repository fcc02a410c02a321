using System.Text.Json;
using Babel.Kernels;
using Babel.Testing;
using Xunit;

namespace Babel.Cli.Tests.Commands;

public sealed class BenchTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void MakeModel_ThenMeasureIt_AndReadTextWithIt()
    {
        string sample = Path.Combine(Fixtures.Root, "samples", "babel-nano"), text = Path.Combine(Fixtures.Root, "samples", "text"), model = _folder.File("m");
        string line = $"bench make-model {model} --hidden-size 32 --layers 2 --heads 4 --kv-heads 2 --intermediate-size 48 --vocab 8000 --tokenizer {sample} -q";
        Assert.Equal(0, CommandRun.Of(line).Code);
        Assert.Equal(3, CommandRun.Of(line).Code);
        var score = CommandRun.Of($"score {model} --corpus {text} --languages en --limit 3 --json -q");
        Assert.True(score.Code == 0, score.Error);

        var forward = CommandRun.Of($"bench forward --model {model} --tokens 32 --length 16 --seconds 0.01 --json -q");
        Assert.True(forward.Code == 0, forward.Error);
        using var json = JsonDocument.Parse(forward.Output);
        Assert.Equal("m", json.RootElement.GetProperty("forward")[0].GetProperty("model").GetString());
        Assert.True(json.RootElement.GetProperty("ceilings").GetProperty("gflops").GetDouble() > 0);
        Assert.NotEmpty(json.RootElement.GetProperty("machine").GetProperty("processor").GetString()!);
        Assert.Equal(0, CommandRun.Of($"bench statistics --model {model} --tokens 32 --length 16 --seconds 0.01 -q").Code);
    }

    [Fact]
    public void Operators_OfOneProduct_ShowOneRow()
    {
        var run = CommandRun.Of("bench operators --shape 4x16x8 --weights bf16 --seconds 0.01 -q");
        Assert.Equal(0, run.Code);
        Assert.Contains("ceilings: ", run.Output, StringComparison.Ordinal);
        Assert.Contains("Linear    4x16x8", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Tokenizer_WithoutArguments_MeasuresTheSample()
    {
        var run = CommandRun.Of("bench tokenizer --seconds 0.01 -q");
        Assert.Equal(0, run.Code);
        Assert.Contains("babel-nano", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void All_OfAProcessor_WritesARecord()
    {
        string records = _folder.File("records");
        var run = CommandRun.Of($"bench all --side 16 --model {Model()} --tokens 8 --length 4 --attention-length 8 --seconds 0.001 --output {records} -q");
        Assert.True(run.Code == 0, run.Error + run.Output);
        string markdown = File.ReadAllText(Assert.Single(Directory.GetFiles(records, "*-cpu.md"))), text = File.ReadAllText(Assert.Single(Directory.GetFiles(records, "*-cpu.json")));
        Assert.Contains("not causal, 8 tokens, 32 heads of 128", markdown, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(text);
        var exact = json.RootElement.GetProperty("runs")[0];
        Assert.Equal("exact", exact.GetProperty("precision").GetString());
        Assert.Equal(16, exact.GetProperty("products")[0].GetProperty("side").GetInt32());
        Assert.Equal("cuBLAS is measured beside CUDA devices only", exact.GetProperty("products")[0].GetProperty("vendor").GetString());
        Assert.Equal("mine", exact.GetProperty("forward")[0].GetProperty("model").GetString());
        Assert.True(exact.GetProperty("statistics")[0].GetProperty("withQkFolded").GetProperty("median").GetDouble() > 0);
    }

    [SkippableFact]
    public void All_OfAnEmulatedGpu_StandsBesideCublas()
    {
        using var driver = new Babel.Testing.Cuda.EmulatedDriver();
        using var cublas = new Babel.Testing.Cuda.EmulatedCublas();
        var run = CommandRun.With(All(driver), default, Line(cublas.File));
        Assert.True(run.Code == 0, run.Error + run.Output);
        using var json = JsonDocument.Parse(run.Output);
        var runs = json.RootElement.GetProperty("runs");
        Assert.Equal(["exact", "fast"], runs.EnumerateArray().Select(r => r.GetProperty("precision").GetString()), StringComparer.Ordinal);
        var products = runs[0].GetProperty("products")[0];
        Assert.Equal("cuBLAS 12.5.3", products.GetProperty("vendor").GetString());
        Assert.Equal(7, products.GetProperty("ways").GetArrayLength());
        Assert.Equal(5, runs[0].GetProperty("copies").GetArrayLength());
        Assert.All(runs.EnumerateArray(), r => Assert.Equal(1, r.GetProperty("forward").GetArrayLength()));
        Assert.All(runs.EnumerateArray(), r => Assert.Empty(r.GetProperty("failures").EnumerateArray()));
    }

    [SkippableFact]
    public void All_WhereAPartFails_ReportsIt_AndGoesOn()
    {
        using var driver = new Babel.Testing.Cuda.EmulatedDriver();
        using var cublas = new Babel.Testing.Cuda.EmulatedCublas();
        cublas.Fail(14);
        var run = CommandRun.With(All(driver), default, Line(cublas.File));
        Assert.Equal(ExitCodes.Device.Code, run.Code);
        using var json = JsonDocument.Parse(run.Output);
        var exact = json.RootElement.GetProperty("runs")[0];
        var failure = Assert.Single(exact.GetProperty("failures").EnumerateArray());
        Assert.Equal("products of 16 cubed", failure.GetProperty("part").GetString());
        Assert.Contains("status 14", failure.GetProperty("reason").GetString()!, StringComparison.Ordinal);
        Assert.Equal(1, exact.GetProperty("statistics").GetArrayLength());
    }

    [Theory]
    [InlineData("bench all --side 4")]
    [InlineData("bench all --attention-length 12")]
    [InlineData("bench all --tokens 8 --length 16")]
    [InlineData("bench operators --shape gigantic")]
    [InlineData("bench operators --shape 1x2x0")]
    [InlineData("bench operators --operator Convolution")]
    [InlineData("bench operators --seconds 0")]
    [InlineData("bench forward --tokens 8 --length 16")]
    [InlineData("bench forward --tokens 0")]
    [InlineData("bench make-model out --shape gigantic")]
    [InlineData("bench make-model out --family mystery")]
    [InlineData("bench make-model out --heads 4 --kv-heads 3")]
    [InlineData("bench make-model out --hidden-size 30 --heads 4")]
    [InlineData("bench make-model out --layers 0")]
    public void ImpossibleRequests_AreUsageErrors(string line) => Assert.Equal(2, CommandRun.Of(line).Code);

    public void Dispose() => _folder.Dispose();

    private static DeviceRegistry All(Babel.Testing.Cuda.EmulatedDriver driver) => new(driver.Provider);

    private string[] Line(string cublas) =>
    [
        "bench", "all", "--device", "cuda:0", "--side", "16", "--model", Model(), "--tokens", "8", "--length", "4", "--attention-length", "8", "--seconds", "0.001", "--cublas", cublas,
        "--json", "-q",
    ];

    private string Model()
    {
        string model = _folder.File("mine");
        Assert.Equal(0, CommandRun.Of($"bench make-model {model} --hidden-size 32 --layers 2 --heads 4 --kv-heads 2 --intermediate-size 48 --vocab 50 -q").Code);
        return model;
    }
}

using System.Text.Json;
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

    [Theory]
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
}

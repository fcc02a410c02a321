using System.Text.Json;
using Xunit;

namespace Babel.Cli.Tests.Commands;

public sealed class GenerateTests
{
    [Theory]
    [InlineData("llama2")]
    [InlineData("gpt2")]
    [InlineData("bloom_gen")]
    [InlineData("mistral_window")]
    [InlineData("opt_preln")]
    public void Generate_Greedy_GivesTheReferencesTokens(string model)
    {
        using var expected = Golden.Expected("generate_" + model);
        int prompt = (int)expected["prompt_ids"].Shape[1];
        long[][] ids = [.. expected.ReadArray<long>("prompt_ids").Chunk(prompt)];
        long[][] mask = expected.Find("attention_mask") is null
            ? [.. ids.Select(row => row.Select(_ => 1L).ToArray())]
            : [.. expected.ReadArray<long>("attention_mask").Chunk(prompt)];
        long[][] sequences = [.. expected.ReadArray<long>("sequences").Chunk((int)expected["sequences"].Shape[1])];
        string prompts = string.Join(';', ids.Select((row, b) => string.Join(' ', row.Where((_, t) => mask[b][t] != 0))));

        var run = CommandRun.Of("generate", Golden.Folder(model), "--ids", prompts, "--max-new-tokens", "20", "--ignore-eos", "--json", "-q");
        Assert.True(run.Code == 0, run.Error);
        using var json = JsonDocument.Parse(run.Output);
        var made = json.RootElement.GetProperty("results").EnumerateArray()
            .Select(r => r.GetProperty("newIds").EnumerateArray().Select(i => i.GetInt64()).ToArray());
        Assert.Equal(sequences.Select(s => s[prompt..]), made);
    }

    [Fact]
    public void Generate_FromText_ContinuesIt_TheSameWithTheSameSeed()
    {
        string model = Path.Combine(House.Repository.Root, "samples", "babel-nano");
        string[] line = ["generate", model, "--prompt", "Und Gott sprach", "--temperature", "0.8", "--seed", "3", "--max-new-tokens", "12", "-q"];
        var first = CommandRun.Of(line);
        Assert.Equal(0, first.Code);
        Assert.StartsWith("Und Gott sprach", first.Output, StringComparison.Ordinal);
        Assert.Equal(first.Output, CommandRun.Of(line).Output);
    }

    [Theory]
    [InlineData("--max-new-tokens 0")]
    [InlineData("--temperature -1")]
    [InlineData("--temperature NaN")]
    [InlineData("--top-p 0")]
    [InlineData("--top-k -1")]
    [InlineData("--prompt hello")]
    public void Generate_WrongOptions_AreUsageErrors(string options) =>
        Assert.Equal(2, CommandRun.Of($"generate {Golden.Folder("gpt2")} --ids 1 {options}").Code);
}

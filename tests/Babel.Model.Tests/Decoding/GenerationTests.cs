using Babel.Model.Errors;
using Babel.Model.Tests.Golden;
using Xunit;

namespace Babel.Model.Tests.Decoding;

public sealed class GenerationTests
{
    private static readonly int[][] s_prompts = [[5, 9, 17, 33, 7], [40], [99, 98, 97]];

    [Theory]
    [InlineData("llama_gqa", "cpu")]
    [InlineData("opt_preln", "cpu")]
    [InlineData("bloom_4h", "cpu")]
    [InlineData("mistral_window", "ref")]
    public void Generate_PromptsTogether_EqualPromptsAlone(string golden, string deviceName)
    {
        using var device = Devices.Open(deviceName);
        using var model = LanguageModel.Load(Fixtures.Golden(golden), device);
        var generator = new TextGenerator(model);
        var options = new GenerationOptions { MaxNewTokens = 12 };
        var together = generator.Generate(s_prompts, options);
        for (int p = 0; p < s_prompts.Length; p++) Assert.Equal(generator.Generate([s_prompts[p]], options)[0], together[p]);
    }

    [Fact]
    public void Generate_StopId_EndsOneTextAndNotTheOthers()
    {
        using var device = Devices.Open("cpu");
        using var model = LanguageModel.Load(Fixtures.Golden("llama_gqa"), device);
        var generator = new TextGenerator(model);
        var free = generator.Generate(s_prompts, new GenerationOptions { MaxNewTokens = 12 });
        int stop = free[0][4];
        var stopped = generator.Generate(s_prompts, new GenerationOptions { MaxNewTokens = 12, StopIds = [stop] });
        for (int p = 0; p < s_prompts.Length; p++)
        {
            int end = Array.IndexOf(free[p], stop);
            Assert.Equal(end < 0 ? free[p] : free[p][..(end + 1)], stopped[p]);
        }
    }

    [Fact]
    public void Generate_Sampled_RepeatsWithItsSeedAndOnlyThen()
    {
        using var device = Devices.Open("cpu");
        using var model = LanguageModel.Load(Fixtures.Golden("llama_gqa"), device);
        var generator = new TextGenerator(model);
        var options = new GenerationOptions { MaxNewTokens = 20, Temperature = 1.5f, Seed = 7 };
        var first = generator.Generate(s_prompts, options);
        Assert.Equal(first, generator.Generate(s_prompts, options));
        Assert.NotEqual(first, generator.Generate(s_prompts, options with { Seed = 8 }));
        Assert.NotEqual(first, generator.Generate(s_prompts, options with { Temperature = 0 }));
    }

    [Fact]
    public void Generate_TopKAndTopP_DrawFromTheMostProbable()
    {
        using var device = Devices.Open("cpu");
        using var model = LanguageModel.Load(Fixtures.Golden("llama_gqa"), device);
        var generator = new TextGenerator(model);
        var greedy = generator.Generate(s_prompts, new GenerationOptions { MaxNewTokens = 10 });
        Assert.Equal(greedy, generator.Generate(s_prompts, new GenerationOptions { MaxNewTokens = 10, Temperature = 5, TopK = 1 }));
        Assert.Equal(greedy, generator.Generate(s_prompts, new GenerationOptions { MaxNewTokens = 10, Temperature = 5, TopP = 1e-6f }));
        var last = new Dictionary<int, float[]>();
        generator.Generate(
            [s_prompts[0]],
            new GenerationOptions { MaxNewTokens = 30, Temperature = 3, TopK = 3, OnLogits = (_, step, logits) => last[step] = logits.ToArray() },
            onToken: (_, token) =>
            {
                float[] logits = last[last.Count - 1];
                Assert.True(logits.Count(l => l > logits[token]) < 3);
            });
        Assert.Equal(30, last.Count);
    }

    [Fact]
    public void Generate_UnderAMask_IsAnotherText()
    {
        using var device = Devices.Open("cpu");
        using var model = LanguageModel.Load(Fixtures.Golden("llama_gqa"), device);
        var generator = new TextGenerator(model);
        var options = new GenerationOptions { MaxNewTokens = 12 };
        var mask = NeuronMask.Off(model.Spec, Enumerable.Range(0, 100).Select(k => new NeuronId(1, NeuronPart.Up, k)));
        var free = generator.Generate(s_prompts, options);
        Assert.NotEqual(free, generator.Generate(s_prompts, options, new ProbePlan { Ablation = mask }));
        Assert.Equal(free, generator.Generate(s_prompts, options));
    }

    [Fact]
    public void Generate_WhatCannotBe_IsRefused()
    {
        using var device = Devices.Open("cpu");
        using var model = LanguageModel.Load(Fixtures.Golden("gpt2"), device);
        var generator = new TextGenerator(model);
        Assert.Throws<ModelInputException>(() => generator.Generate([], new GenerationOptions()));
        Assert.Throws<ModelInputException>(() => generator.Generate([[]], new GenerationOptions()));
        int[][] many = [.. Enumerable.Repeat<int[]>([1], (Array.MaxLength / model.Spec.Vocabulary) + 1)];
        Assert.Throws<ModelInputException>(() => generator.Generate(many, new GenerationOptions()));
        Assert.Throws<ModelInputException>(() => generator.Generate([new int[90]], new GenerationOptions { MaxNewTokens = 8 }));
        Assert.Equal(7, generator.Generate([new int[90]], new GenerationOptions { MaxNewTokens = 7 })[0].Length);
        Assert.Empty(generator.Generate([[5]], new GenerationOptions { MaxNewTokens = 0 })[0]);
        Assert.Throws<OperationCanceledException>(() => generator.Generate(s_prompts, new GenerationOptions(), ct: new CancellationToken(canceled: true)));
    }
}

using Babel.Model.Files;
using Xunit;

namespace Babel.Model.Tests.Golden;

/// <summary>Greedy generation: the tokens exactly, and the logits they were chosen from.</summary>
public sealed class GoldenGenerationTests
{
    public static TheoryData<string, string> Cases()
    {
        var data = new TheoryData<string, string>();
        foreach (string folder in Directory.GetDirectories(Fixtures.Golden("."), "generate_*").Order(StringComparer.Ordinal))
        {
            foreach (string device in Devices.Names) data.Add(Path.GetFileName(folder), device);
        }

        return data;
    }

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void Generate_Greedy_ReproducesTokensAndLogits(string folder, string deviceName)
    {
        using var expected = SafetensorsFile.Open(Path.Combine(Fixtures.Golden(folder), "expected.safetensors"));
        using var device = Devices.Open(deviceName);
        using var model = LanguageModel.Load(Fixtures.Golden(folder["generate_".Length..]), device);
        var prompts = Prompts(expected);
        long[] sequences = expected.ReadArray<long>("sequences");
        float[] stepLogits = expected.ReadFloats("step_logits");
        int total = (int)expected["sequences"].Shape[1], length = (int)expected["prompt_ids"].Shape[1], steps = total - length;
        int vocabulary = model.Spec.Vocabulary;
        var tolerance = Devices.Logits(deviceName);
        var options = new GenerationOptions
        {
            MaxNewTokens = steps,
            OnLogits = (prompt, step, logits) =>
            {
                for (int v = 0; v < vocabulary; v++)
                {
                    double e = stepLogits[(((prompt * steps) + step) * vocabulary) + v];
                    Assert.True(Math.Abs(logits.Span[v] - e) <= tolerance.For(e), $"prompt {prompt}, step {step}, token {v}: {logits.Span[v]} for {e}");
                }
            },
        };
        var streamed = new List<(int Prompt, int Token)>();
        var texts = new TextGenerator(model).Generate(prompts, options, onToken: (p, t) => streamed.Add((p, t)));

        for (int p = 0; p < prompts.Length; p++)
        {
            Assert.Equal(sequences[((p * total) + length)..((p + 1) * total)], texts[p].Select(t => (long)t));
            Assert.Equal(texts[p], streamed.Where(s => s.Prompt == p).Select(s => s.Token));
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void Run_WithoutCache_ChoosesTheSameTokens(string folder, string deviceName)
    {
        using var expected = SafetensorsFile.Open(Path.Combine(Fixtures.Golden(folder), "expected.safetensors"));
        using var device = Devices.Open(deviceName);
        using var model = LanguageModel.Load(Fixtures.Golden(folder["generate_".Length..]), device);

        // With dynamic rotary scaling the two differ, and the file holds both.
        long[] sequences = expected.ReadArray<long>(expected.Find("sequences.nocache") is null ? "sequences" : "sequences.nocache");
        int total = (int)expected["sequences"].Shape[1], length = (int)expected["prompt_ids"].Shape[1];
        var prompts = Prompts(expected);
        for (int p = 0; p < prompts.Length; p++)
        {
            List<int> text = [.. prompts[p]];
            for (int at = length; at < total; at++)
            {
                using var batch = Batch.Pack(model, [[.. text]], targets: false);
                float[] logits = model.Run(batch, ForwardOutput.LastLogits).Logits;
                int best = Array.IndexOf(logits, logits.Max());
                Assert.Equal(sequences[(p * total) + at], best);
                text.Add(best);
            }
        }
    }

    private static int[][] Prompts(SafetensorsFile expected)
    {
        long[] ids = expected.ReadArray<long>("prompt_ids");
        long[]? mask = expected.Find("attention_mask") is null ? null : expected.ReadArray<long>("attention_mask");
        int length = (int)expected["prompt_ids"].Shape[1];
        return
        [
            .. Enumerable.Range(0, ids.Length / length).Select(p => Enumerable.Range(p * length, length)
                .Where(i => mask is null || mask[i] == 1)
                .Select(i => (int)ids[i])
                .ToArray()),
        ];
    }
}

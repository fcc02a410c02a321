using Babel.Kernels;
using Babel.Model.RandomModels;
using Xunit;

namespace Babel.Model.Tests.Golden;

/// <summary>Models in fast precision on emulated GPUs: how far the logits go from exact ones, and that generation with a cache agrees with them.</summary>
public sealed class GoldenFastTests : IDisposable
{
    // Every factor is off by at most 2^-8 of it; after the layers of these models 4.2e-3 to 1.2e-2 of the logits was seen.
    private const double LogitsError = 2e-2;

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string, int> Cases
    {
        get
        {
            var data = new TheoryData<string, int>();
            foreach (string folder in new[] { "bloom_4h", "falcon_mq", "gemma", "gpt2", "llama_gqa", "mistral_window", "opt_preln", "qwen2_tied" })
            {
                data.Add(folder, 80);
                data.Add(folder, 90);
            }

            return data;
        }
    }

    public void Dispose() => _folder.Dispose();

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void Run_GoldenModelInFastPrecision_StaysNearItsLogits(string folder, int capability)
    {
        using var device = EmulatedDriver.OpenDevice(capability, Precision.Fast);
        using var model = LanguageModel.Load(Fixtures.Golden(folder), device);
        using var golden = new GoldenCase(model, folder);
        float[] logits = model.Run(golden.Batch, ForwardOutput.Logits).Logits, expected = golden.Expected.ReadFloats("logits");
        int width = (int)golden.Expected["logits"].Shape[2], length = (int)golden.Expected["logits"].Shape[1];
        float[] at = [.. Enumerable.Range(0, golden.Batch.Tokens).SelectMany(n =>
        {
            var (row, column) = golden.Batch.Origin(n);
            return expected.AsSpan(((row * length) + column) * width, width).ToArray();
        })];
        Assert.InRange(RelativeError(logits, at), 1e-6, LogitsError);
    }

    /// <summary>Heads of 64 and grouped queries: attention itself is on tensor cores, in whole and with a cache, a token at a time.</summary>
    [SkippableTheory]
    [InlineData(80)]
    [InlineData(90)]
    public void Run_HeadsOfTensorCores_StaysNearExactLogitsAndItsCacheHasTheSameBits(int capability)
    {
        string path = _folder.File("m");
        var shape = new RandomModelShape { ModelWidth = 128, Layers = 2, Heads = 4, KvHeads = 2, HeadDim = 64, FfnWidth = 192, Vocabulary = 80, MaxPositions = 160 };
        RandomModel.Write(path, shape);
        int[] ids = [.. Enumerable.Range(0, 140).Select(i => (i * 37) % 80)];
        using Device fast = EmulatedDriver.OpenDevice(capability, Precision.Fast), exact = DeviceRegistry.Default.Open("ref");
        Assert.Contains("and for attention", fast.Description, StringComparison.Ordinal);
        using LanguageModel model = LanguageModel.Load(path, fast), reference = LanguageModel.Load(path, exact);
        var logits = model.Run(Batch.Pack(model, [ids], targets: false), ForwardOutput.Logits).Logits;
        Assert.InRange(RelativeError(logits, reference.Run(Batch.Pack(reference, [ids], targets: false), ForwardOutput.Logits).Logits), 1e-6, LogitsError);

        var steps = new List<float[]>();
        var options = new GenerationOptions { MaxNewTokens = 3, OnLogits = (_, _, row) => steps.Add(row.ToArray()) };
        int[] text = [.. ids, .. new TextGenerator(model).Generate([ids], options)[0].TakeLast(3)];
        var whole = model.Run(Batch.Pack(model, [text], targets: false), ForwardOutput.Logits).Logits;
        Assert.Equal(3, steps.Count);
        for (int step = 0; step < 3; step++) Assert.Equal(whole.AsSpan((ids.Length + step - 1) * 80, 80).ToArray(), steps[step]);
    }

    private static double RelativeError(float[] actual, float[] expected)
    {
        Assert.Equal(expected.Length, actual.Length);
        double error = 0, size = 0;
        for (int i = 0; i < actual.Length; i++)
        {
            error += Math.Pow(actual[i] - (double)expected[i], 2);
            size += Math.Pow(expected[i], 2);
        }

        return Math.Sqrt(error / size);
    }
}

using Babel.Kernels;
using Babel.Model.RandomModels;
using Babel.Testing;
using Xunit;

namespace Babel.Model.Tests.Decoding;

/// <summary>How far a whole forward of the <c>cpu</c> device is from float64: what exact precision promises.</summary>
public sealed class PrecisionTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("llama", DType.F32)]
    [InlineData("llama", DType.BF16)]
    [InlineData("gpt2", DType.F32)]
    [InlineData("falcon", DType.BF16)]
    public void Logits_DifferFromFloat64_ByAMillionthAtMost(string family, DType weights)
    {
        var shape = new RandomModelShape
        {
            Family = family, ModelWidth = 128, Layers = 4, Heads = 4, KvHeads = family == "llama" ? 2 : 4, FfnWidth = 336, Vocabulary = 500, MaxPositions = 256, Weights = weights,
        };
        RandomModel.Write(_folder.File("m"), shape);
        float[] exact = Logits("ref"), ours = Logits("cpu");
        double error = 0, size = 0;
        for (int i = 0; i < exact.Length; i++)
        {
            error += Math.Pow(ours[i] - (double)exact[i], 2);
            size += Math.Pow(exact[i], 2);
        }

        Assert.True(size > 0);
        Assert.InRange(Math.Sqrt(error / size), 1e-9, 1e-6);
    }

    /// <inheritdoc/>
    public void Dispose() => _folder.Dispose();

    private float[] Logits(string name)
    {
        using var device = DeviceRegistry.Default.Open(name, new DeviceOptions(2));
        using var model = LanguageModel.Load(_folder.File("m"), device);
        using var batch = Batch.Pack(model, [[.. Enumerable.Range(0, 48).Select(i => i * 37 % 500)], [7]]);
        return model.Run(batch, ForwardOutput.Logits).Logits;
    }
}

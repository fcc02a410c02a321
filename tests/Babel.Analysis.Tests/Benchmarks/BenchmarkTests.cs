using Babel.Analysis.Benchmarks;
using Babel.Analysis.Planning;
using Babel.Kernels;
using Babel.Kernels.Diagnostics.Bench;
using Babel.Model;
using Babel.Model.Errors;
using Babel.Model.RandomModels;
using Babel.Testing;
using Xunit;

namespace Babel.Analysis.Tests.Benchmarks;

public sealed class BenchmarkTests
{
    private static readonly RandomModelShape s_shape = new() { ModelWidth = 32, Layers = 2, Heads = 4, KvHeads = 2, FfnWidth = 48, Vocabulary = 60 };
    private static readonly DeviceCeilings s_ceilings = new(1, "", 1, "");

    [Fact]
    public void ForwardCost_CountsByHand()
    {
        var spec = new DecoderSpec
        {
            Family = "llama", Layers = 3, ModelWidth = 8, Heads = 2, KvHeads = 1, HeadDim = 4, FfnWidth = 10, Vocabulary = 20, MaxPositions = 64, GatedFfn = true,
        };
        // q 8x8, k 8x4, v 8x4, o 8x8, gate, up and down 8x10: 432 weights; 4 * 8 for each of 3 keys, on average of 5 tokens.
        Assert.Equal(new ForwardCost(3 * 2 * 432, 3 * 4 * 8 * 3, 2 * 20 * 8), ForwardCost.Of(spec, 5));
        // With a window of 2 the five tokens see 1, 2, 2, 2 and 2 keys.
        Assert.Equal(4 * 8 * (3 + 3 + 1.8), ForwardCost.Of(spec with { Windows = [0, 0, 2] }, 5).Attention, 9);
        // Without a gate there are two matrices of 8x10.
        Assert.Equal(3 * 2 * 352, ForwardCost.Of(spec with { GatedFfn = false }, 5).Products);
    }

    [Fact]
    public void Benches_OfARandomModel_MeasureIt_AndLeaveNoFolder()
    {
        using var device = DeviceRegistry.Default.Open("cpu");
        string[] before = Directory.GetDirectories(Path.GetTempPath(), "babel-bench-*");
        using (var model = BenchModel.Open(device, "mine", s_shape))
        {
            var forward = ForwardBench.Measure(model, s_ceilings, tokens: 24, length: 8, seconds: 1e-6);
            Assert.Equal((24, 8, DType.BF16), (forward.Tokens, forward.Length, forward.Storage));
            Assert.True(forward.PrefillRate > 0 && forward.StepRate > 0);
            // All weights but the embedding, 60 x 32 of two bytes.
            Assert.Equal(forward.WeightBytes - (60 * 32 * 2), forward.StepBytes);
            var statistics = StatisticsBench.Measure(model, s_ceilings, tokens: 24, length: 8, seconds: 1e-6);
            Assert.All([statistics.Ablated, statistics.Every, statistics.Collected, statistics.CollectedWithQk], r => Assert.InRange(r, 0.001, 1000));
        }

        Assert.Subset(before.ToHashSet(StringComparer.Ordinal), Directory.GetDirectories(Path.GetTempPath(), "babel-bench-*").ToHashSet(StringComparer.Ordinal));
    }

    [Fact]
    public void ScalingLaw_FindsTheConstantsItsPointsWereMadeWith()
    {
        var law = new ScalingLaw(2e-12, 4e-12, 1e-11, 5e-6);
        var random = new Random(1);
        var points = Enumerable.Range(0, 12).Select(_ => new[] { 1e9, 1e8, 1e7, 50 }.Select(w => w * (0.1 + random.NextDouble())).ToArray())
            .Select(w => (w, (2e-12 * w[0]) + (4e-12 * w[1]) + (1e-11 * w[2]) + (5e-6 * w[3]))).ToList();
        var fitted = ScalingLaw.Fit(points);
        Assert.Equal(law.PerProductFlop, fitted.PerProductFlop, 1e-16);
        Assert.Equal(law.PerAttentionFlop, fitted.PerAttentionFlop, 1e-16);
        Assert.Equal(law.PerByte, fitted.PerByte, 1e-15);
        Assert.Equal(law.PerCall, fitted.PerCall, 1e-10);
        Assert.Throws<ArgumentException>(() => ScalingLaw.Fit(points[..3]));
    }

    [Fact]
    public void ScalingLaw_TakesNoNegativeConstant()
    {
        // Times that fall with the bytes: the honest answer is that bytes cost nothing.
        var points = Enumerable.Range(1, 8).Select(i => (new double[] { i * 1e9, 0, (9 - i) * 1e7, 0 }, i * 1e-3 - ((9 - i) * 1e-6))).ToList();
        var fitted = ScalingLaw.Fit(points);
        Assert.True(fitted is { PerByte: 0, PerAttentionFlop: 0, PerCall: 0 });
        Assert.Equal(1e-12, fitted.PerProductFlop, 1e-14);
    }

    [Fact]
    public void TokenizerBench_FindsFoldersBelow_AndCountsTokens()
    {
        string samples = Path.Combine(Fixtures.Root, "samples");
        string folder = Assert.Single(TokenizerBench.FindFolders(samples));
        var text = TokenizerBench.ReadText(Path.Combine(samples, "text", "parallel.en.txt"));
        var measured = TokenizerBench.Measure(folder, text, seconds: 1e-6);
        Assert.Equal(("babel-nano", 8000), (measured.Name, measured.VocabularySize));
        Assert.Equal(text.Sum(t => Model.Tokenizers.Tokenizer.Load(folder).Encode(t, addSpecialTokens: false).Length), measured.Tokens);
        Assert.Throws<ModelNotFoundException>(() => TokenizerBench.FindFolders(Path.Combine(samples, "text")));
        Assert.Throws<ModelNotFoundException>(() => TokenizerBench.ReadText(Path.Combine(samples, "nothing")));
    }
}

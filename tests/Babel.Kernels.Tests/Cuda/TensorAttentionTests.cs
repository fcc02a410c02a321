using System.Runtime.InteropServices;
using Babel.Kernels.Cuda;
using Babel.Kernels.Diagnostics;
using Babel.Kernels.Diagnostics.Cases;
using Babel.Kernels.Gpu;
using Babel.Kernels.Reference;
using Xunit;

namespace Babel.Kernels.Tests.Cuda;

/// <summary>Fast attention on tensor cores, on emulated GPUs: every kernel at shapes that are not whole tiles, with every option, between rows of NaN.</summary>
public class TensorAttentionTests
{
    // A probability is rounded to bfloat16, 2^-8 of it; scores, exponentials and sums of some hundred terms stay within 2^-12 of theirs.
    private const double Error = (1.0 / (1 << 8)) + (1.0 / (1 << 12));

    private static readonly string[] Options = ["", "window", "cap", "alibi", "falcon", "window alibi", "window cap", "scale"];

    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 16)];

    [SkippableTheory]
    [InlineData(89, "tensor cores for bf16 weights (mma.sync), and for attention (mma.sync)")]
    [InlineData(90, "tensor cores for bf16 weights (wgmma), and for attention (wgmma)")]
    public void Table_EveryEngine_KeepsItsBounds(int capability, string units)
    {
        using var device = EmulatedDriver.OpenDevice(capability, Precision.Fast);
        Assert.EndsWith(units, device.Description, StringComparison.Ordinal);
        var results = SelfTest.Run(device, "Attention");
        Assert.NotEmpty(results);
        Assert.Empty(results.Where(r => !r.Passed).Select(r => $"{r.Case}: {r.Failure}"));
    }

    [SkippableTheory]
    [MemberData(nameof(Seeds))]
    public void Attention_BrainFactors_OnlyProbabilitiesAreRounded(int seed)
    {
        using var driver = new EmulatedDriver(seed % 2 == 0 ? 80 : 90);
        if (seed % 4 >= 2) driver.ReverseThreads();
        using Device device = driver.Open(Precision.Fast), reference = new ReferenceDevice();
        Assert.EndsWith(seed % 2 == 0 ? "and for attention (mma.sync)" : "and for attention (wgmma)", device.Description, StringComparison.Ordinal);
        var random = new Random(seed);
        int headDim = new[] { 64, 96, 128 }[seed % 3], kvHeads = random.Next(1, 3), group = random.Next(1, 4);
        var spec = new AttentionShape(kvHeads * group, kvHeads, headDim, Options[seed % Options.Length]).Spec;

        // Keys of three sequences in a cache with room between them, so that what is read too far is not a number.
        SequenceSpan[] spans = [Span(0, 3), Span(random.Next(1, 150), 200), Span(random.Next(60, 100), 500)];
        spans[1] = spans[1] with { QueryStart = spans[0].QueryLength };
        spans[2] = spans[2] with { QueryStart = spans[1].QueryStart + spans[1].QueryLength };
        var layout = new SequenceLayout(spans);
        using var bench = new CaseBench(reference, seed, withBounds: false);
        float[] q = Brain(bench.Normal(layout.Tokens * spec.Heads * headDim));
        float[] k = Cache(bench, layout, kvHeads * headDim), v = Cache(bench, layout, kvHeads * headDim);
        float[] scale = Brain(bench.Normal(spec.Heads * headDim));
        scale[1] = 0;
        var factors = Options[seed % Options.Length] == "scale" ? scale : null;
        var (found, _) = Run(device, spec, layout, q, k, v, factors);
        var (expected, pattern) = Run(reference, spec, layout, q, k, v, factors);
        var sizes = Sizes(spec, layout, pattern, v, factors);
        for (int i = 0; i < found.Length; i++)
            Assert.True(Math.Abs(found[i] - expected[i]) <= Error * sizes[i], $"element {i}: {found[i]}, expected {expected[i]} within {Error * sizes[i]:E1}");

        SequenceSpan Span(int queries, int keyStart) => new(0, queries + 1, keyStart, queries + 1 + random.Next(0, 150));
    }

    [SkippableTheory]
    [InlineData(80, 64)]
    [InlineData(80, 96)]
    [InlineData(90, 64)]
    [InlineData(90, 128)]
    public void Attention_AnyBatch_SameBits(int capability, int headDim)
    {
        using var device = EmulatedDriver.OpenDevice(capability, Precision.Fast);
        using var bench = new CaseBench(device, 5, withBounds: false);
        foreach (string option in new[] { "", "window alibi" })
        {
            const int Tokens = 180;
            var spec = new AttentionShape(2, 1, headDim, option).Spec;
            int width = 2 * headDim;
            float[] q = bench.Normal(Tokens * width), k = bench.Normal(Tokens * headDim), v = bench.Normal(Tokens * headDim);
            var (whole, _) = Run(device, spec, new SequenceLayout([new(0, Tokens, 0, Tokens)]), q, k, v, null);

            // Alone as one query of a cache, a few of them, and as the last of three sequences, which makes the tiles large.
            foreach (var (start, count) in new[] { (0, 1), (130, 1), (179, 1), (63, 5), (100, 70) })
            {
                float[] some = q.AsSpan(start * width, count * width).ToArray();
                var (alone, _) = Run(device, spec, new SequenceLayout([new(0, count, 0, start + count)]), some, k, v, null);
                Assert.Equal(whole.AsSpan(start * width, count * width).ToArray(), alone);
            }

            int first = 150;
            float[] three = [.. q, .. q.AsSpan(0, first * width), .. q.AsSpan(17 * width, 3 * width)];
            var layout = new SequenceLayout([new(0, Tokens, 0, Tokens), new(Tokens, first, 0, first), new(Tokens + first, 3, 0, 20)]);
            var (batch, _) = Run(device, spec, layout, three, k, v, null);
            Assert.Equal(whole, batch.AsSpan(0, Tokens * width).ToArray());
            Assert.Equal(whole.AsSpan(0, first * width).ToArray(), batch.AsSpan(Tokens * width, first * width).ToArray());
            Assert.Equal(whole.AsSpan(17 * width, 3 * width).ToArray(), batch.AsSpan((Tokens + first) * width).ToArray());
        }
    }

    [SkippableTheory]
    [InlineData(80)]
    [InlineData(90)]
    public void Attention_SequencesOfTheSameKeys_RoundThemOnce(int capability)
    {
        using var device = (CudaDevice)EmulatedDriver.OpenDevice(capability, Precision.Fast);
        using var reference = new ReferenceDevice();
        SequenceSpan[] spans = [new(0, 9, 0, 150), new(9, 9, 0, 150), new(18, 9, 0, 150), new(27, 4, 0, 150), new(31, 4, 150, 20), new(35, 4, 150, 20)];
        var layout = new SequenceLayout(spans);
        var (starts, count) = device.Layouts.Of(layout).KeyBlocks(64);
        int[] numbers = new int[spans.Length];
        device.CopyOut((GpuMemory)starts, 0, MemoryMarshal.AsBytes(numbers.AsSpan()));
        Assert.Equal([0, 0, 0, 3, 6, 6], numbers);
        Assert.Equal(7, count);
        Assert.Null(SelfTest.Run(device, reference, AttentionCases.Attention(new AttentionShape(4, 2, 64, "window alibi"), "shared keys", spans)).Failure);
    }

    [SkippableFact]
    public void ScratchBytes_KeysOfACache_AreForetold()
    {
        using var device = EmulatedDriver.OpenDevice(90, Precision.Fast);
        var load = new OperatorLoad { Rows = 10, Sequences = 1, Longest = 10, Width = 64, KvHeads = 2, HeadDim = 64 };
        Assert.Equal(4 * 990 * 2 * 64, device.ScratchBytes(load with { Keys = 1000 }) - device.ScratchBytes(load));
        Assert.Equal(device.ScratchBytes(load), device.ScratchBytes(load with { Keys = 3 }));
    }

    [SkippableTheory]
    [InlineData("hopper_attention", "tensor cores for bf16 weights (wgmma), and for attention (mma.sync): no wgmma (they failed their check, heads of 64, tile 0: NaN where ")]
    [InlineData("brain_keys", "tensor cores for bf16 weights (wgmma), attention on float units: no wgmma (they failed their check, heads of 64, tile 0: NaN where ")]
    public void Open_KernelsThatDoNothing_AreNotUsedAndItSaysWhy(string broken, string units)
    {
        using var driver = new EmulatedDriver(capability: 90);
        driver.BreakKernels(broken);
        using var device = driver.Open(Precision.Fast);
        Assert.Contains(units, device.Description, StringComparison.Ordinal);
        Assert.Equal(Precision.Fast, device.Precision);
        using var reference = new ReferenceDevice();
        var one = AttentionCases.Attention(new AttentionShape(2, 1, 64, ""), "prefill", [new(0, 90, 0, 90)]);
        Assert.Null(SelfTest.Run(device, reference, one).Failure);
    }

    private static (double[] Output, double[] Pattern) Run(
        Device device, AttentionSpec spec, SequenceLayout layout, float[] q, float[] k, float[] v, float[]? scale)
    {
        int width = spec.Heads * spec.HeadDim, kvWidth = spec.KvHeads * spec.HeadDim;
        int cells = 0;
        foreach (var span in layout.Spans) cells += spec.Heads * span.QueryLength * span.KeyLength;
        using Tensor query = device.FromFloats(q, new Shape(layout.Tokens, width)), output = device.Allocate(new Shape(layout.Tokens, width));
        using Tensor key = device.FromFloats(k, new Shape(k.Length / kvWidth, kvWidth)), value = device.FromFloats(v, new Shape(v.Length / kvWidth, kvWidth));
        using Tensor pattern = device.Allocate(new Shape(cells)), factors = device.FromFloats(scale ?? [1], new Shape(scale?.Length ?? 1));
        bool exact = device is ReferenceDevice;
        device.Ops.Attention(
            query, key, value, output, spec, layout, scale is null ? null : new Epilogue { Scale = factors }, exact ? pattern.View : null);
        return (device.ToDoubles(output), exact ? device.ToDoubles(pattern) : []);
    }

    /// <summary>sum_j p[i,j] |v[j]|, times the scale.</summary>
    private static double[] Sizes(AttentionSpec spec, SequenceLayout layout, double[] pattern, float[] v, float[]? scale)
    {
        int d = spec.HeadDim, cell = 0;
        var sizes = new double[layout.Tokens * spec.Heads * d];
        foreach (var span in layout.Spans)
        {
            for (int h = 0; h < spec.Heads; h++)
            {
                for (int i = span.QueryStart; i < span.QueryStart + span.QueryLength; i++)
                {
                    for (int j = span.KeyStart; j < span.KeyStart + span.KeyLength; j++, cell++)
                    {
                        if (pattern[cell] == 0) continue;
                        for (int c = 0; c < d; c++)
                        {
                            sizes[(((i * spec.Heads) + h) * d) + c] += pattern[cell] * Math.Abs(
                                v[(((j * spec.KvHeads) + (h / spec.Group)) * d) + c] * (double)(scale?[(h * d) + c] ?? 1));
                        }
                    }
                }
            }
        }

        return sizes;
    }

    private static float[] Cache(CaseBench bench, SequenceLayout layout, int width)
    {
        var cache = new float[900 * width];
        Array.Fill(cache, float.NaN);
        foreach (var span in layout.Spans) Brain(bench.Normal(span.KeyLength * width)).CopyTo(cache.AsSpan(span.KeyStart * width));
        return cache;
    }

    private static float[] Brain(float[] values) => Array.ConvertAll(values, x => DTypes.FromBFloat16(DTypes.ToBFloat16(x)));
}

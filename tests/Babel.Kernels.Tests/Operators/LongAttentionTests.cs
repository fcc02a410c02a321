using System.Runtime.InteropServices;
using Babel.Kernels.Cpu;
using Babel.Kernels.Cpu.Simd;
using Babel.Kernels.Diagnostics.Cases;
using Xunit;

namespace Babel.Kernels.Tests.Operators;

/// <summary>Attention over several blocks of keys: divided in any way the bits stay, and keys that a row does not see have no part in it.</summary>
public class LongAttentionTests
{
    public static TheoryData<string> Devices => TestDevices.Cpu;

    [SkippableTheory]
    [MemberData(nameof(Devices))]
    public void Attention_ManyBlocks_SameBitsHoweverItIsDivided(string name)
    {
        using Device one = TestDevices.Open(name, 1), many = TestDevices.Open(name, 5);
        foreach (var (heads, kvHeads, d, option) in new[] { (2, 1, 20, ""), (9, 1, 16, "alibi"), (2, 2, 33, "cap window") })
        {
            var spec = new AttentionShape(heads, kvHeads, d, option).Spec with { Window = option.Contains("window", StringComparison.Ordinal) ? 300 : 0 };
            const int Tokens = 1100;
            using Operands x = new(one, Tokens, heads * d, kvHeads * d), y = new(many, Tokens, heads * d, kvHeads * d);
            float[] whole = x.Attention(spec, SequenceLayout.Packed([Tokens]), 0, Tokens);
            SameBits(whole, y.Attention(spec, SequenceLayout.Packed([Tokens]), 0, Tokens));
            foreach (int t in (int[])[0, 254, 255, 256, 257, 511, 512, 800, 1099])
            {
                // One new token after t others: its keys are divided among the threads.
                var row = new SequenceLayout([new SequenceSpan(0, 1, 0, t + 1)]);
                SameBits(whole.AsSpan(t * heads * d, heads * d), x.Attention(spec, row, t, 1));
                SameBits(whole.AsSpan(t * heads * d, heads * d), y.Attention(spec, row, t, 1));
            }

            var rest = new SequenceLayout([new SequenceSpan(0, 3, 0, 1000), new SequenceSpan(3, 100, 0, 1100)]);
            using var twice = many.FromFloats([.. many.ToFloats(y.Q.View.Rows(997, 3)), .. many.ToFloats(y.Q.View.Rows(1000, 100))], new Shape(103, heads * d));
            using var output = many.Allocate(new Shape(103, heads * d));
            many.Ops.Attention(twice, y.K, y.V, output, spec, rest);
            SameBits(whole.AsSpan(997 * heads * d), many.ToFloats(output));
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Devices))]
    public void Attention_NotANumberInALaterKey_LeavesEarlierRowsAlone(string name)
    {
        using var device = TestDevices.Open(name);
        const int Tokens = 300, Bad = 150, Width = 64;
        var spec = new AttentionShape(4, 2, 16, "").Spec;
        using var x = new Operands(device, Tokens, Width, Width / 2);
        float[] expected = x.Attention(spec, SequenceLayout.Packed([Tokens]), 0, Tokens);
        foreach (float poison in (float[])[float.NaN, float.PositiveInfinity])
        {
            foreach (var operand in (Tensor[])[x.V, x.K])
            {
                float[] good = Poison(device, operand, Bad, Bad + 1, poison);
                float[] found = x.Attention(spec, SequenceLayout.Packed([Tokens]), 0, Tokens);
                SameBits(expected.AsSpan(0, Bad * Width), found[..(Bad * Width)]);
                Assert.All(found[(Bad * Width)..((Bad + 1) * Width)], y => Assert.False(float.IsFinite(y)));
                device.Write(good, operand);
            }
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Devices))]
    public void Attention_KeysOutsideTheWindow_HaveNoPart(string name)
    {
        using var device = TestDevices.Open(name);
        const int Tokens = 900, Width = 64, Window = 120;
        var spec = new AttentionShape(4, 2, 16, "").Spec with { Window = Window };
        using var x = new Operands(device, Tokens, Width, Width / 2);
        float[] expected = x.Attention(spec, SequenceLayout.Packed([Tokens]), 0, Tokens);
        foreach (int queries in (int[])[1, 2, 100])
        {
            // Everything before the first query's window, and the window's own keys stay.
            int first = Tokens - queries;
            float[] keys = Poison(device, x.K, 0, first - Window + 1, float.NaN), values = Poison(device, x.V, 0, first - Window + 1, float.NaN);
            var layout = new SequenceLayout([new SequenceSpan(0, queries, 0, Tokens)]);
            SameBits(expected.AsSpan(first * Width), x.Attention(spec, layout, first, queries));
            device.Write(keys, x.K);
            device.Write(values, x.V);
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Devices))]
    public void Attention_Windowed_IsDenseAttentionOverTheWindow(string name)
    {
        // A window that begins where a block of keys does is cut like a sequence that begins there.
        using var device = TestDevices.Open(name);
        const int Tokens = 1000, Width = 60, First = 2 * AttentionBlock.Keys;
        var dense = new AttentionShape(3, 1, 20, "").Spec;
        using var x = new Operands(device, Tokens, Width, 20);
        foreach (int t in (int[])[First, First + 1, 800, 999])
        {
            float[] windowed = x.Attention(dense with { Window = t + 1 - First }, SequenceLayout.Packed([Tokens]), 0, Tokens);
            float[] alone = x.Attention(dense, new SequenceLayout([new SequenceSpan(0, 1, First, t + 1 - First)]), t, 1);
            SameBits(windowed.AsSpan(t * Width, Width), alone);
        }
    }

    [Fact]
    public void Attention_LongText_WorksInMemoryThatDoesNotGrowWithIt()
    {
        // Scratch memory is kept by the device and asked for once per item: the same for 512 and for 4096 tokens, 64 MiB of scores though they would be.
        long[] bytes = Array.ConvertAll((int[])[512, 4096], tokens =>
        {
            using var device = (CpuDevice)TestDevices.Open("cpu");
            using var x = new Operands(device, tokens, 16, 16);
            _ = x.Attention(new AttentionShape(1, 1, 16, "").Spec, SequenceLayout.Packed([tokens]), 0, tokens);
            return device.Scratch.Bytes;
        });
        Assert.InRange(bytes[0], 1, 1 << 20);
        Assert.InRange(bytes[1], 1, 1 << 20);
    }

    [Fact]
    public void Attention_OneTokenAfterAWindow_TakesMemoryForTheWindowOnly()
    {
        using var device = (CpuDevice)TestDevices.Open("cpu", 4);
        using var x = new Operands(device, 8192, 32, 16);
        var spec = new AttentionShape(2, 1, 16, "").Spec with { Window = 400 };
        _ = x.Attention(spec, new SequenceLayout([new SequenceSpan(0, 1, 0, 8192)]), 8191, 1);
        var call = new AttentionCall(device, x.Q, x.K, x.V, x.Q, spec, new SequenceLayout([new SequenceSpan(0, 1, 0, 8192)]), null, null);
        Assert.Equal(2, DecodePlan.Of(call, 4).Blocks);
        Assert.Equal(32, DecodePlan.Of(call with { Spec = spec with { Window = 0 } }, 4).Blocks);
    }

    /// <summary>Overwrites some rows; returns what all held before.</summary>
    private static float[] Poison(Device device, Tensor tensor, int from, int to, float value)
    {
        float[] before = device.ToFloats(tensor), after = [.. before];
        int width = (int)tensor.View.Shape.Columns;
        after.AsSpan(from * width, (to - from) * width).Fill(value);
        device.Write(after, tensor);
        return before;
    }

    private static void SameBits(ReadOnlySpan<float> expected, float[] actual) =>
        Assert.True(MemoryMarshal.AsBytes(expected).SequenceEqual(MemoryMarshal.AsBytes<float>(actual)), "the bits differ");
}

using System.Runtime.InteropServices;
using Babel.Kernels.Diagnostics.Cases;
using Xunit;

namespace Babel.Kernels.Tests.Operators;

/// <summary>A row has the same bits alone, in any batch, with any number of threads, and on every vector width.</summary>
public class InvarianceTests
{
    private static readonly int[] Lengths = [65, 1, 130, 17, 3];

    public static TheoryData<string> Devices => TestDevices.Cpu;

    public static TheoryData<string> DevicesOfAnyPrecision => TestDevices.CpuOfAnyPrecision;

    public static TheoryData<string> FloatDevices => TestDevices.Float;

    [SkippableTheory]
    [MemberData(nameof(DevicesOfAnyPrecision))]
    public void EveryOperator_AnyThreadCount_SameBits(string name)
    {
        var alone = RunTable(name, 1);
        var shared = RunTable(name, 5);
        Assert.Equal(alone.Count, shared.Count);
        foreach (var (key, values) in alone) SameBits<double>(values, shared[key], key);
    }

    [SkippableTheory]
    [MemberData(nameof(Devices))]
    public void EveryOperator_AnyVectorWidth_SameBits(string name)
    {
        var scalar = RunTable("cpu:scalar", 2);
        var wide = RunTable(name, 2);
        foreach (var (key, values) in scalar) SameBits<double>(values, wide[key], key);
    }

    [SkippableTheory]
    [MemberData(nameof(FloatDevices))]
    public void Attention_PrefillAndDecode_SameBits(string name)
    {
        using var device = TestDevices.Open(name);
        foreach (var (heads, kvHeads, d, option) in new[] { (2, 2, 64, ""), (6, 2, 33, "window alibi"), (4, 1, 80, "cap"), (9, 1, 16, "falcon window") })
        {
            var spec = new AttentionShape(heads, kvHeads, d, option).Spec;
            const int Tokens = 150;
            using var x = new Operands(device, Tokens, heads * d, kvHeads * d);
            float[] whole = x.Attention(spec, SequenceLayout.Packed([Tokens]), 0, Tokens);
            for (int t = 0; t < Tokens; t += 7)
            {
                float[] one = x.Attention(spec, new SequenceLayout([new SequenceSpan(0, 1, 0, t + 1)]), t, 1);
                SameBits<float>(whole.AsSpan(t * heads * d, heads * d), one);
            }

            float[] rest = x.Attention(spec, new SequenceLayout([new SequenceSpan(0, 90, 0, Tokens)]), 60, 90);
            SameBits<float>(whole.AsSpan(60 * heads * d), rest);
        }
    }

    [SkippableTheory]
    [MemberData(nameof(FloatDevices))]
    public void Attention_WithPattern_SameBits(string name)
    {
        using var device = TestDevices.Open(name);
        var spec = new AttentionShape(4, 2, 40, "window").Spec;
        using var x = new Operands(device, 100, 160, 80);
        var layout = SequenceLayout.Packed([100]);
        using var pattern = device.Allocate(new Shape(4 * 100 * 100));
        SameBits<float>(x.Attention(spec, layout, 0, 100), x.Attention(spec, layout, 0, 100, pattern));
    }

    [SkippableTheory]
    [MemberData(nameof(FloatDevices))]
    public void Attention_AloneAndInABatch_SameBits(string name)
    {
        using var device = TestDevices.Open(name);
        var spec = new AttentionShape(6, 3, 48, "").Spec;
        using var x = new Operands(device, Lengths.Sum(), 288, 144);
        float[] batch = x.Attention(spec, SequenceLayout.Packed(Lengths), 0, Lengths.Sum());
        int start = 0;
        foreach (int length in Lengths)
        {
            float[] alone = x.Attention(spec, new SequenceLayout([new SequenceSpan(0, length, start, length)]), start, length);
            SameBits<float>(batch.AsSpan(start * 288, length * 288), alone);
            start += length;
        }
    }

    [SkippableTheory]
    [MemberData(nameof(FloatDevices))]
    public void Scores_AloneAndInABatch_SameBits(string name)
    {
        using var device = TestDevices.Open(name);
        var spec = new AttentionShape(4, 2, 24, "").Spec;
        int tokens = Lengths.Sum();
        using var x = new Operands(device, tokens, 96, 48);
        var (batchQ, batchK) = x.QkScores(spec, Lengths, 0);
        var batchV = x.ValueScores(spec, Lengths, 0);
        int start = 0;
        for (int s = 0; s < Lengths.Length; s++)
        {
            var (q, k) = x.QkScores(spec, [Lengths[s]], start);
            SameBits<float>(batchQ.AsSpan(s * 96, 96), q);
            SameBits<float>(batchK.AsSpan(s * 48, 48), k);
            SameBits<float>(batchV.AsSpan(s * 48, 48), x.ValueScores(spec, [Lengths[s]], start));
            start += Lengths[s];
        }
    }

    [SkippableTheory]
    [MemberData(nameof(FloatDevices))]
    public void NormRopeStats_AloneAndInABatch_SameBits(string name)
    {
        using var device = TestDevices.Open(name);
        int tokens = Lengths.Sum();
        using var x = new Operands(device, tokens, 96, 48);
        int start = 0;
        var batch = x.Rows(0, Lengths);
        for (int s = 0; s < Lengths.Length; s++)
        {
            var alone = x.Rows(start, [Lengths[s]]);
            SameBits<float>(batch.Norm.AsSpan(start * 96, Lengths[s] * 96), alone.Norm);
            SameBits<float>(batch.Sum.AsSpan(s * 96, 96), alone.Sum);
            SameBits<float>(batch.Squares.AsSpan(s * 96, 96), alone.Squares);
            start += Lengths[s];
        }
    }

    [SkippableTheory]
    [MemberData(nameof(FloatDevices))]
    public void Tap_AndColumnStatsOfItsValues_SameBits(string name)
    {
        using var device = TestDevices.Open(name);
        var layout = SequenceLayout.Packed(Lengths);
        using var x = new Operands(device, layout.Tokens, 96, 48);
        using var weight = device.CreateWeight(DType.F32, 150, 96, "w");
        weight.Write(0, MemoryMarshal.AsBytes<float>(device.ToFloats(x.Q.View.Rows(0, 150))));
        using Tensor values = device.Allocate(new Shape(layout.Tokens, 150)), output = device.Allocate(new Shape(layout.Tokens, 150));
        using TapStats fused = new(device, layout.Count, 150), unfused = new(device, layout.Count, 150);
        var epilogue = new Epilogue { Activation = new(ActivationKind.Silu), Post = new NeuronTap(values, fused, layout) };
        device.Ops.Linear(x.Q, weight, output, epilogue);
        device.Ops.ColumnStats(values, layout, unfused);
        Assert.Equal(device.ToInts(fused.Count), device.ToInts(unfused.Count));
        SameBits<float>(device.ToFloats(fused.Sum), device.ToFloats(unfused.Sum));
        SameBits<float>(device.ToFloats(fused.SumAbs), device.ToFloats(unfused.SumAbs));
        SameBits<float>(device.ToFloats(fused.SumSquares), device.ToFloats(unfused.SumSquares));
        SameBits<float>(device.ToFloats(fused.Max), device.ToFloats(unfused.Max));
    }

    [SkippableTheory]
    [MemberData(nameof(Devices))]
    public void SteadyState_NoOperator_AllocatesManagedMemory(string name)
    {
        using var device = TestDevices.Open(name);
        using var x = new Operands(device, 40, 96, 48);
        using var output = device.Allocate(new Shape(40, 96));
        using var scores = device.Allocate(new Shape(1, 96));
        using var keyScores = device.Allocate(new Shape(1, 48));
        using var stats = new TapStats(device, 1, 96);
        var spec = new AttentionShape(4, 2, 24, "").Spec;
        var layout = SequenceLayout.Packed([40]);
        var inputs = new QkScoreInputs { Q = x.Q, K = x.K, RotatedQ = x.Q, RotatedK = x.K };
        var ops = device.Ops;
        void All()
        {
            ops.Norm(NormKind.Layer, x.Q, x.Ones, null, 1e-5f, output);
            ops.Add(x.Q, x.Q, output);
            ops.Attention(x.Q, x.K, x.V, output, spec, layout);
            ops.ColumnStats(x.Q, layout, stats);
            ops.QkScores(QkScoreForm.Exact, inputs, spec, layout, scores, keyScores);
        }

        // The runtime allocates now and then when it compiles a method again or a lock is first contended: some round must be free of that.
        long least = long.MaxValue;
        for (int round = 0; round < 20 && least > 0; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 5; i++) All();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
    }

    private static void SameBits<T>(ReadOnlySpan<T> expected, T[] actual, string? where = null)
        where T : unmanaged
    {
        bool same = MemoryMarshal.AsBytes(expected).SequenceEqual(MemoryMarshal.AsBytes<T>(actual));
        Assert.True(same, where ?? "the bits differ");
    }

    /// <summary>Every output of every case.</summary>
    private static Dictionary<string, double[]> RunTable(string name, int threads)
    {
        using var device = TestDevices.Open(name, threads);
        var all = new Dictionary<string, double[]>(StringComparer.Ordinal);
        foreach (var one in CaseTable.All)
        {
            using var bench = new CaseBench(device, one.Seed, withBounds: false);
            one.Body(bench);
            foreach (var output in bench.Outputs) all.Add($"{one.Operator} {one.Name} {output.Name}", output.Values);
        }

        return all;
    }
}

using Babel.Kernels.Cpu;
using Xunit;

namespace Babel.Kernels.Tests.Cpu;

/// <summary>The operators that read the embedding and the unembedding.</summary>
public sealed class VocabularyTests
{
    public static TheoryData<string> Devices => CpuCase.Devices;

    [Theory]
    [MemberData(nameof(Devices))]
    public void LogProb_WithBiasAndCap_MatchesNaiveSoftmax(string name)
    {
        const int M = 19, V = 2311, D = 70;
        using var device = CpuCase.Open(name);
        float[] x = CpuCase.Randoms(M * D, 1, 3), w = CpuCase.Randoms(V * D, 2), bias = CpuCase.Randoms(V, 3);
        var targets = Enumerable.Range(0, M).Select(i => i % 4 == 3 ? -1 : i * 977 % V).ToArray();
        targets[0] = V - 1;
        var found = LogProb(device, x, w, bias, Activation.SoftCap(5), targets, V, D);
        var logits = CpuCase.Product(x, w, M, V, D);
        for (int i = 0; i < M; i++)
        {
            var row = Enumerable.Range(0, V).Select(j => 5 * Math.Tanh((logits[(i * V) + j] + bias[j]) / 5)).ToArray();
            double expected = targets[i] < 0 ? 0 : row[targets[i]] - Math.Log(row.Sum(Math.Exp));
            Assert.Equal(expected, found[i], 2e-5);
        }
    }

    [Fact]
    public void LogProb_OfLargeLogits_StaysFinite()
    {
        using var device = CpuCase.Open("cpu");
        var w = Enumerable.Range(0, 50).Select(i => i * 100f).ToArray();
        var found = LogProb(device, [-10f, 10f], w, null, Activation.Identity, [0, 49], 50, 1);
        Assert.Equal([0f, 0f], found);
    }

    [Fact]
    public void LogProb_RowAlone_HasTheBitsItHasInABatchOnAnyDevice()
    {
        const int M = 300, V = 5003, D = 33;
        using var many = CpuCase.Open("cpu", 3);
        using var narrow = CpuCase.Open("cpu:avx2", 1);
        float[] x = CpuCase.Randoms(M * D, 4), w = CpuCase.Randoms(V * D, 5);
        var targets = Enumerable.Range(0, M).Select(i => i * 31 % V).ToArray();
        var batch = LogProb(many, x, w, null, Activation.Identity, targets, V, D);
        Assert.Equal(batch, LogProb(narrow, x, w, null, Activation.Identity, targets, V, D));
        foreach (int i in (int[])[0, 1, 150, 299])
            Assert.Equal([batch[i]], LogProb(narrow, x.AsSpan(i * D, D).ToArray(), w, null, Activation.Identity, [targets[i]], V, D));
    }

    [Theory]
    [InlineData(DType.F32)]
    [InlineData(DType.BF16)]
    [InlineData(DType.F16)]
    public void Embed_ReadsRowsBackExactly(DType storage)
    {
        const int V = 75, D = 530;
        using var device = CpuCase.Open("cpu");
        var w = CpuCase.Rounded(CpuCase.Randoms(V * D, 6), storage);
        using var table = CpuCase.Weight(device, w, V, D, storage);
        int[] ids = [74, 0, 31, 32, 33, 0];
        using var rows = device.FromInts(ids, new Shape(ids.Length));
        using var output = device.Allocate(new Shape(ids.Length, D));
        device.Ops.Embed(rows, table, output);
        var expected = ids.SelectMany(id => w.AsSpan(id * D, D).ToArray()).ToArray();
        Assert.Equal(expected, device.ToFloats(output));
        device.Ops.Embed(rows, table, output, 2f, accumulate: true);
        Assert.Equal(expected.Select(v => v + (2f * v)), device.ToFloats(output));
    }

    [Theory]
    [InlineData(DType.F32)]
    [InlineData(DType.F16)]
    public void ColumnDots_MatchesNaiveSum(DType storage)
    {
        const int Rows = 101, Columns = 300;
        using var device = CpuCase.Open("cpu");
        var w = CpuCase.Rounded(CpuCase.Randoms(Rows * Columns, 7), storage);
        using var weight = CpuCase.Weight(device, w, Rows, Columns, storage);
        int[] left = [0, 299, 255, 256], right = [0, 1, 256, 256];
        using var l = device.FromInts(left, new Shape(left.Length));
        using var r = device.FromInts(right, new Shape(left.Length));
        using var output = device.Allocate(new Shape(left.Length));
        device.Ops.ColumnDots(weight, l, r, output);
        var expected = left.Zip(right, (a, b) => (float)Enumerable.Range(0, Rows).Sum(n => (double)w[(n * Columns) + a] * w[(n * Columns) + b]));
        Assert.Equal(expected, device.ToFloats(output));
    }

    private static float[] LogProb(CpuDevice device, float[] x, float[] w, float[]? bias, Activation cap, int[] targets, int v, int d)
    {
        using var input = device.FromFloats(x, new Shape(targets.Length, d));
        using var unembed = CpuCase.Weight(device, w, v, d);
        using var added = bias is null ? null : device.FromFloats(bias, new Shape(v));
        using var ids = device.FromInts(targets, new Shape(targets.Length));
        using var output = device.Allocate(new Shape(targets.Length));
        device.Ops.LogProb(input, unembed, added?.View, cap, ids, output);
        return device.ToFloats(output);
    }
}

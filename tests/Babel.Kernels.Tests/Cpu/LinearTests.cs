using Xunit;

namespace Babel.Kernels.Tests.Cpu;

public sealed class LinearTests
{
    private static readonly (int M, int N, int K)[] Shapes =
        [(1, 1, 1), (1, 32, 256), (2, 33, 7), (3, 31, 257), (5, 64, 300), (14, 96, 512), (15, 65, 255), (29, 100, 513), (43, 40, 700), (300, 70, 65)];

    public static TheoryData<string> Devices => CpuCase.Devices;

    [Theory]
    [MemberData(nameof(Devices))]
    public void Linear_OddShapes_MatchesNaiveProduct(string name)
    {
        using var device = CpuCase.Open(name);
        foreach (var (m, n, k) in Shapes)
        {
            var x = CpuCase.Randoms(m * k, 1);
            var w = CpuCase.Randoms(n * k, 2);
            using var weight = CpuCase.Weight(device, w, n, k);
            CpuCase.AssertClose(CpuCase.Product(x, w, m, n, k), CpuCase.Linear(device, x, weight, m, n, k), 2e-6 * Math.Sqrt(k));
        }
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public void Linear_AnyInstructionSet_GivesTheBitsOfTheScalarKernels(string name)
    {
        using var device = CpuCase.Open(name);
        using var scalar = CpuCase.Open("cpu:scalar", 1);
        foreach (var (m, n, k) in Shapes)
        {
            var x = CpuCase.Randoms(m * k, 3);
            var w = CpuCase.Randoms(n * k, 4);
            using var weight = CpuCase.Weight(device, w, n, k);
            using var plain = CpuCase.Weight(scalar, w, n, k);
            Assert.Equal(CpuCase.Linear(scalar, x, plain, m, n, k), CpuCase.Linear(device, x, weight, m, n, k));
        }
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public void Linear_RowAlone_HasTheBitsItHasInABatch(string name)
    {
        const int M = 37, N = 133, K = 600;
        using var device = CpuCase.Open(name, 2);
        using var single = CpuCase.Open(name, 1);
        var x = CpuCase.Randoms(M * K, 5);
        var w = CpuCase.Randoms(N * K, 6);
        using var weight = CpuCase.Weight(device, w, N, K);
        using var other = CpuCase.Weight(single, w, N, K);
        var batch = CpuCase.Linear(device, x, weight, M, N, K);
        for (int i = 0; i < M; i++)
        {
            var row = x.AsSpan(i * K, K).ToArray();
            Assert.Equal(batch.AsSpan(i * N, N).ToArray(), CpuCase.Linear(single, row, other, 1, N, K));
        }
    }

    [Fact]
    public void Linear_LargeBatch_HasTheBitsOfItsParts()
    {
        // More rows than are packed at a time, and few enough panels that rows are shared out too.
        const int M = 2100, N = 40, K = 70;
        using var device = CpuCase.Open("cpu", 4);
        var x = CpuCase.Randoms(M * K, 7);
        using var weight = CpuCase.Weight(device, CpuCase.Randoms(N * K, 8), N, K);
        var whole = CpuCase.Linear(device, x, weight, M, N, K);
        var parts = new List<float>();
        for (int at = 0; at < M; at += 300)
            parts.AddRange(CpuCase.Linear(device, x.AsSpan(at * K, 300 * K).ToArray(), weight, 300, N, K));
        Assert.Equal(parts, whole);
    }

    [Fact]
    public void Linear_NarrowerWeight_KeepsTheBitsOfItsColumns()
    {
        const int M = 9, N = 200, Narrow = 45, K = 530;
        using var device = CpuCase.Open("cpu");
        var x = CpuCase.Randoms(M * K, 9);
        var w = CpuCase.Randoms(N * K, 10);
        using var wide = CpuCase.Weight(device, w, N, K);
        using var narrow = CpuCase.Weight(device, w.AsSpan(0, Narrow * K).ToArray(), Narrow, K);
        var expected = CpuCase.Linear(device, x, wide, M, N, K);
        var found = CpuCase.Linear(device, x, narrow, M, Narrow, K);
        for (int i = 0; i < M; i++)
            Assert.Equal(expected.AsSpan(i * N, Narrow).ToArray(), found.AsSpan(i * Narrow, Narrow).ToArray());
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public void Linear_SixteenBitWeights_GiveTheBitsOfF32Weights(string name)
    {
        using var device = CpuCase.Open(name);
        foreach (var storage in (DType[])[DType.BF16, DType.F16])
            foreach (var (m, n, k) in Shapes)
            {
                var x = CpuCase.Randoms(m * k, 11);
                var w = CpuCase.Rounded(CpuCase.Randoms(n * k, 12), storage);
                using var narrow = CpuCase.Weight(device, w, n, k, storage);
                using var wide = CpuCase.Weight(device, w, n, k);
                Assert.Equal(CpuCase.Linear(device, x, wide, m, n, k), CpuCase.Linear(device, x, narrow, m, n, k));
                Assert.True(narrow.Bytes < wide.Bytes);
            }
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public void Linear_F16WeightOfEveryBitPattern_IsExpandedExactly(string name)
    {
        // x = 1 picks out each weight as it is: zeros, subnormals, normals, infinities and NaN of both signs.
        const int All = 1 << 16;
        using var device = CpuCase.Open(name);
        using var weight = device.CreateWeight(DType.F16, All, 1, "w");
        var bits = new byte[2 * All];
        for (int i = 0; i < All; i++) BitConverter.TryWriteBytes(bits.AsSpan(2 * i), (ushort)i);
        weight.Write(0, bits);
        var found = CpuCase.Linear(device, [1f], weight, 1, All, 1);
        for (int i = 0; i < All; i++)
        {
            float expected = (float)BitConverter.UInt16BitsToHalf((ushort)i);
            if (!expected.Equals(found[i])) Assert.Fail($"{i:X4}: expected {expected}, found {found[i]}");
        }
    }

    [Fact]
    public void Linear_F64Weight_IsRoundedToF32()
    {
        const int M = 3, N = 34, K = 20;
        using var device = CpuCase.Open("cpu");
        var x = CpuCase.Randoms(M * K, 13);
        var w = CpuCase.Randoms(N * K, 14);
        using var wide = CpuCase.Weight(device, w, N, K, DType.F64);
        using var plain = CpuCase.Weight(device, w, N, K);
        Assert.Equal(CpuCase.Linear(device, x, plain, M, N, K), CpuCase.Linear(device, x, wide, M, N, K));
    }

    [Theory]
    [InlineData(DType.F32)]
    [InlineData(DType.BF16)]
    public void Write_RowsInAnyOrder_GivesTheSameWeight(DType storage)
    {
        const int M = 2, N = 75, K = 33;
        using var device = CpuCase.Open("cpu");
        var x = CpuCase.Randoms(M * K, 15);
        var w = CpuCase.Rounded(CpuCase.Randoms(N * K, 16), storage);
        using var whole = CpuCase.Weight(device, w, N, K, storage);
        using var pieces = device.CreateWeight(storage, N, K, "w");
        foreach (var (first, count) in ((int, int)[])[(40, 35), (0, 7), (7, 33)])
            pieces.Write(first, CpuCase.Encode(w.AsSpan(first * K, count * K), storage));
        Assert.Equal(CpuCase.Linear(device, x, whole, M, N, K), CpuCase.Linear(device, x, pieces, M, N, K));
    }
}

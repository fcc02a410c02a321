using System.Runtime.InteropServices;
using Babel.Kernels.Cpu;
using Xunit;

namespace Babel.Kernels.Tests.Cpu;

/// <summary>Products in bfloat16: right beside the product of the rounded factors, the same bits whatever the batch, refused where they cannot be.</summary>
public sealed class FastTests
{
    private static readonly (int M, int N, int K)[] Shapes =
        [(1, 1, 1), (1, 32, 256), (2, 33, 7), (3, 31, 257), (5, 64, 300), (14, 96, 512), (15, 65, 255), (29, 100, 513), (43, 40, 700), (300, 70, 65), (1030, 33, 70)];

    [SkippableTheory]
    [InlineData(DType.F32)]
    [InlineData(DType.F16)]
    [InlineData(DType.BF16)]
    [InlineData(DType.F64)]
    public void Linear_OddShapes_MatchesTheProductOfRoundedFactors(DType storage)
    {
        using var device = Open();
        foreach (var (m, n, k) in Shapes)
        {
            float[] x = CpuCase.Randoms(m * k, 1), w = CpuCase.Rounded(CpuCase.Randoms(n * k, 2), storage);
            using var weight = CpuCase.Weight(device, w, n, k, storage);
            float[] roundX = CpuCase.Rounded(x, DType.BF16), roundW = CpuCase.Rounded(w, DType.BF16);
            double[] expected = CpuCase.Product(roundX, roundW, m, n, k);
            double[] size = CpuCase.Product(Array.ConvertAll(roundX, Math.Abs), Array.ConvertAll(roundW, Math.Abs), m, n, k);
            float[] actual = CpuCase.Linear(device, x, weight, m, n, k);
            for (int i = 0; i < actual.Length; i++)
            {
                double bound = 2 * (k + 2) * size[i] / (1 << 24);
                Assert.True(Math.Abs(actual[i] - expected[i]) <= bound, $"{m}x{n}x{k} [{i}]: {actual[i]:R}, expected {expected[i]:R} within {bound:E1}");
            }
        }
    }

    [SkippableFact]
    public void Linear_RowAlone_HasTheBitsItHasInABatch()
    {
        const int M = 37, N = 133, K = 601;
        using CpuDevice device = Open(3), single = Open(1);
        float[] x = CpuCase.Randoms(M * K, 5), w = CpuCase.Randoms(N * K, 6);
        using Weight weight = CpuCase.Weight(device, w, N, K), other = CpuCase.Weight(single, w, N, K);
        var batch = CpuCase.Linear(device, x, weight, M, N, K);
        for (int i = 0; i < M; i++)
            Assert.Equal(batch.AsSpan(i * N, N).ToArray(), CpuCase.Linear(single, x.AsSpan(i * K, K).ToArray(), other, 1, N, K));
        for (int rows = 2; rows < M; rows += 3)
            Assert.Equal(batch.AsSpan(0, rows * N).ToArray(), CpuCase.Linear(device, x.AsSpan(0, rows * K).ToArray(), weight, rows, N, K));
    }

    [SkippableFact]
    public void Weight_InAnyStorage_TakesTheMemoryOfBFloat16()
    {
        using var device = Open();
        using var exact = CpuCase.Open("cpu");
        using Weight brain = device.CreateWeight(DType.BF16, 96, 512, "w"), wide = device.CreateWeight(DType.F32, 96, 512, "w"), full = exact.CreateWeight(DType.F32, 96, 512, "w");
        Assert.Equal(brain.Bytes, wide.Bytes);
        Assert.Equal(2 * wide.Bytes, full.Bytes);
    }

    [SkippableFact]
    public void Weight_WrittenInParts_IsReadBackRounded()
    {
        const int N = 75, K = 259;
        using var device = Open();
        float[] w = CpuCase.Randoms(N * K, 3);
        using var weight = device.CreateWeight(DType.F32, N, K, "w");
        foreach (var (first, end) in new[] { (40, N), (0, 7), (7, 40) })
            weight.Write(first, MemoryMarshal.AsBytes(w.AsSpan(first * K, (end - first) * K)));
        using var ids = device.FromInts([.. Enumerable.Range(0, N)], new Shape(N));
        using var output = device.Allocate(new Shape(N, K));
        device.Ops.Embed(ids, weight, output);
        Assert.Equal(CpuCase.Rounded(w, DType.BF16), device.ToFloats(output));
    }

    [SkippableFact]
    public void Linear_InfinityAndNaN_StayInTheirRow()
    {
        const int M = 3, N = 40, K = 35;
        using var device = Open();
        float[] x = CpuCase.Randoms(M * K, 1), w = CpuCase.Randoms(N * K, 2);
        (x[K], x[(2 * K) + 34]) = (float.PositiveInfinity, float.NaN);
        using var weight = CpuCase.Weight(device, w, N, K);
        var y = CpuCase.Linear(device, x, weight, M, N, K);
        Assert.All(y[..N], v => Assert.True(float.IsFinite(v)));
        Assert.All(y[N..(2 * N)], v => Assert.True(float.IsInfinity(v)));
        Assert.All(y[(2 * N)..], v => Assert.True(float.IsNaN(v)));
    }

    [SkippableFact]
    public void EmptyInner_GivesBias()
    {
        using var device = Open();
        using var weight = device.CreateWeight(DType.F32, 5, 0, "w");
        using var bias = device.FromFloats([1, 2, 3, 4, 5], new Shape(5));
        Assert.Equal([1, 2, 3, 4, 5, 1, 2, 3, 4, 5], CpuCase.Linear(device, [], weight, 2, 5, 0, new Epilogue { Bias = bias }));
    }

    [Theory]
    [InlineData("cpu:avx2")]
    [InlineData("cpu:vector128")]
    [InlineData("cpu:scalar")]
    public void NarrowDevice_ComputesExactly_AndSaysWhy(string name)
    {
        using var device = new CpuDeviceProvider().Open(DeviceSpec.Parse(name), new DeviceOptions(1, Precision.Fast));
        Assert.Equal(Precision.Exact, device.Precision);
        Assert.Contains("AVX-512", device.WhyNotFast, StringComparison.Ordinal);
    }

    [Fact]
    public void Device_AskedForNothing_IsExactWithoutExcuse()
    {
        using var device = CpuCase.Open("cpu", 1);
        Assert.Equal(Precision.Exact, device.Precision);
        Assert.Null(device.WhyNotFast);
    }

    [SkippableFact]
    public void Round_EveryUpperHalf_IsThatOfTheScalarRounding()
    {
        Skip.IfNot(CpuSupport.WhyNot(CpuInstructionSet.Avx512) is null, "no AVX-512");
        foreach (uint low in new uint[] { 0, 1, 0x7FFF, 0x8000, 0x8001, 0xFFFF })
        {
            var values = new float[1 << 16];
            for (uint high = 0; high < values.Length; high++) values[high] = BitConverter.UInt32BitsToSingle((high << 16) | low);
            Assert.Equal(Array.ConvertAll(values, DTypes.ToBFloat16), Simd.NativeCalls.Round(values));
        }
    }

    private static CpuDevice Open(int threads = 2)
    {
        var device = (CpuDevice)new CpuDeviceProvider().Open(DeviceSpec.Parse("cpu"), new DeviceOptions(threads, Precision.Fast));
        if (device.WhyNotFast is not { } reason) return device;
        device.Dispose();
        throw new SkipException(reason);
    }
}

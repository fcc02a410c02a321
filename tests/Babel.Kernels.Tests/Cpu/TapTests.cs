using Xunit;

namespace Babel.Kernels.Tests.Cpu;

public sealed class TapTests
{
    private const int N = 77, K = 60;

    public static TheoryData<string> Devices => CpuCase.Devices;

    [Theory]
    [MemberData(nameof(Devices))]
    public void Stats_OfSequences_AreTheBitsOfANaiveLoop(string name)
    {
        int[] lengths = [3, 300, 1, 17, 520];
        int rows = lengths.Sum();
        using var device = CpuCase.Open(name);
        var x = CpuCase.Randoms(rows * K, 30);
        using var weight = CpuCase.Weight(device, CpuCase.Randoms(N * K, 31), N, K);
        using var values = device.Allocate(new Shape(rows, N));
        var taken = Take(device, x, weight, lengths, values);
        var y = device.ToFloats(values);

        int row = 0;
        for (int s = 0; s < lengths.Length; s++, row += lengths[s - 1])
            for (int j = 0; j < N; j++)
            {
                int count = 0;
                float sum = 0, absolute = 0, squares = 0, max = float.NegativeInfinity;
                for (int i = row; i < row + lengths[s]; i++)
                {
                    float v = y[(i * N) + j];
                    if (v > 0) count++;
                    sum += v;
                    absolute += Math.Abs(v);
                    squares = MathF.FusedMultiplyAdd(v, v, squares);
                    max = Math.Max(max, v);
                }

                Assert.Equal((count, sum, absolute, squares, max), taken.At(s, j));
            }
    }

    [Fact]
    public void Stats_OfASequence_DoNotDependOnItsBatchOrTheThreads()
    {
        int[] lengths = [130, 1100, 40];
        using var many = CpuCase.Open("cpu", 3);
        using var one = CpuCase.Open("cpu", 1);
        var x = CpuCase.Randoms(lengths.Sum() * K, 32);
        var w = CpuCase.Randoms(N * K, 33);
        using var weight = CpuCase.Weight(many, w, N, K);
        using var other = CpuCase.Weight(one, w, N, K);
        var batch = Take(many, x, weight, lengths, null);
        int row = 0;
        for (int s = 0; s < lengths.Length; s++)
        {
            var alone = Take(one, x.AsSpan(row * K, lengths[s] * K).ToArray(), other, [lengths[s]], null);
            for (int j = 0; j < N; j++) Assert.Equal(alone.At(0, j), batch.At(s, j));
            row += lengths[s];
        }
    }

    private static Statistics Take(Device device, float[] x, Weight weight, int[] lengths, Tensor? values)
    {
        int rows = lengths.Sum();
        using var stats = new TapStats(device, lengths.Length, N);
        CpuCase.Linear(device, x, weight, rows, N, K, new Epilogue { Post = new NeuronTap(values?.View, stats, SequenceLayout.Packed(lengths)) });
        return new Statistics(
            device.ToInts(stats.Count), device.ToFloats(stats.Sum), device.ToFloats(stats.SumAbs), device.ToFloats(stats.SumSquares), device.ToFloats(stats.Max));
    }

    private sealed record Statistics(int[] Count, float[] Sum, float[] SumAbs, float[] SumSquares, float[] Max)
    {
        public (int Count, float Sum, float SumAbs, float SumSquares, float Max) At(int sequence, int column)
        {
            int i = (sequence * N) + column;
            return (Count[i], Sum[i], SumAbs[i], SumSquares[i], Max[i]);
        }
    }
}

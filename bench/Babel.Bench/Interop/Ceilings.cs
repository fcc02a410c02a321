using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Babel.Bench.Interop;

/// <summary>What the machine can do at most: fused multiply-adds in registers, and reading memory.</summary>
internal static unsafe class Ceilings
{
    private const long Steps = 4_000_000;
    private const int Chains = 16;

    /// <summary>Best GFLOP/s of <paramref name="threads"/> threads doing nothing but 512-bit fused multiply-adds (or what these become).</summary>
    public static double PeakGflops(int threads) =>
        Best(threads, _ => Chain(Steps), seconds => threads * Steps * Chains * 32.0 / seconds / 1e9);

    /// <summary>Best GB/s of <paramref name="threads"/> threads reading a block of 256 MiB.</summary>
    public static double ReadGigabytes(int threads)
    {
        var block = GC.AllocateArray<float>(64 << 20, pinned: true);
        Array.Fill(block, 1f);
        int part = block.Length / threads;
        fixed (float* start = block)
        {
            nint address = (nint)start;
            return Best(threads, t => Sum((float*)address + ((nint)t * part), part), seconds => block.Length * 4.0 / seconds / 1e9);
        }
    }

    /// <summary>The best rate of five runs of <paramref name="work"/> on so many threads at once.</summary>
    public static double Best(int threads, Func<int, float> work, Func<double, double> rate)
    {
        double best = 0;
        for (int repeat = 0; repeat < 5; repeat++)
        {
            var all = new Thread[threads];
            var times = new (long Start, long End)[threads];
            var ready = new Barrier(threads);
            for (int t = 0; t < threads; t++)
            {
                int id = t;
                all[t] = new Thread(() =>
                {
                    ready.SignalAndWait();
                    times[id].Start = Stopwatch.GetTimestamp();
                    float result = work(id);
                    times[id].End = Stopwatch.GetTimestamp();
                    if (float.IsNaN(result)) throw new InvalidOperationException("the ceiling's numbers went wrong");
                });
                all[t].Start();
            }

            // By the clocks of the threads themselves: one that only watched might be woken late, and see less time than has gone by.
            foreach (var thread in all) thread.Join();
            best = Math.Max(best, rate(Stopwatch.GetElapsedTime(times.Min(t => t.Start), times.Max(t => t.End)).TotalSeconds));
            ready.Dispose();
        }

        return best;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Chain(long steps)
    {
        Vector512<float> a0 = Vector512.Create(0.1f), a1 = a0, a2 = a0, a3 = a0, a4 = a0, a5 = a0, a6 = a0, a7 = a0;
        Vector512<float> b0 = a0, b1 = a0, b2 = a0, b3 = a0, b4 = a0, b5 = a0, b6 = a0, b7 = a0;
        Vector512<float> x = Vector512.Create(0.999f), y = Vector512.Create(0.001f);
        for (long i = 0; i < steps; i++)
        {
            a0 = Vector512.FusedMultiplyAdd(a0, x, y);
            a1 = Vector512.FusedMultiplyAdd(a1, x, y);
            a2 = Vector512.FusedMultiplyAdd(a2, x, y);
            a3 = Vector512.FusedMultiplyAdd(a3, x, y);
            a4 = Vector512.FusedMultiplyAdd(a4, x, y);
            a5 = Vector512.FusedMultiplyAdd(a5, x, y);
            a6 = Vector512.FusedMultiplyAdd(a6, x, y);
            a7 = Vector512.FusedMultiplyAdd(a7, x, y);
            b0 = Vector512.FusedMultiplyAdd(b0, x, y);
            b1 = Vector512.FusedMultiplyAdd(b1, x, y);
            b2 = Vector512.FusedMultiplyAdd(b2, x, y);
            b3 = Vector512.FusedMultiplyAdd(b3, x, y);
            b4 = Vector512.FusedMultiplyAdd(b4, x, y);
            b5 = Vector512.FusedMultiplyAdd(b5, x, y);
            b6 = Vector512.FusedMultiplyAdd(b6, x, y);
            b7 = Vector512.FusedMultiplyAdd(b7, x, y);
        }

        return Vector512.Sum(a0 + a1 + a2 + a3 + a4 + a5 + a6 + a7 + b0 + b1 + b2 + b3 + b4 + b5 + b6 + b7);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Sum(float* start, long count)
    {
        Vector512<float> a = Vector512<float>.Zero, b = a, c = a, d = a;
        for (long i = 0; i + 64 <= count; i += 64)
        {
            a += Vector512.Load(start + i);
            b += Vector512.Load(start + i + 16);
            c += Vector512.Load(start + i + 32);
            d += Vector512.Load(start + i + 48);
        }

        return Vector512.Sum(a + b + c + d);
    }
}

using System.Diagnostics;
using Babel.Kernels.Cpu.Simd.Code;
using Babel.Kernels.Interop;

namespace Babel.Bench.Interop;

/// <summary>What VDPBF16PS can do at most: 20 independent chains in registers, by the assembler that writes the tiles.</summary>
internal static unsafe class BrainCeiling
{
    private const int Chains = 20;
    private const long Steps = 6_000_000;

    /// <summary>Best GFLOP/s of so many threads; two products and two sums a lane and instruction.</summary>
    public static double PeakGflops(int threads)
    {
        using var page = ExecutablePage.TryCreate(Loop()) ?? throw new NotSupportedException("the system does not let a program make machine code");
        nint start = page.Address;
        return Best(threads, _ => Run(start), seconds => threads * Steps * Chains * 64.0 / seconds / 1e9);
    }

    /// <summary>The best rate of five runs of <paramref name="work"/> on so many threads at once.</summary>
    private static double Best(int threads, Func<int, float> work, Func<double, double> rate)
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

    private static float Run(nint start)
    {
        // A pair of small bfloat16, so that sums stay finite.
        var arguments = new Arguments { Steps = Steps, Values = 0x3A00_3A00 };
        ((delegate* unmanaged<Arguments*, void>)start)(&arguments);
        return 0;
    }

    // Registers that both conventions leave to a callee: 0 to 5 and 16 to 31.
    private static byte[] Loop()
    {
        var code = new Assembler();
        var argument = OperatingSystem.IsWindows() ? Gp.Rcx : Gp.Rdi;
        code.Load(Gp.R11, argument, 0);
        code.Broadcast(4, argument, 8);
        code.Broadcast(5, argument, 8);
        for (int chain = 0; chain < Chains; chain++) code.Clear(Register(chain));
        int step = code.Position;
        for (int chain = 0; chain < Chains; chain++) code.DotBrain(Register(chain), 4, 5);
        code.Subtract(Gp.R11, 1);
        code.JumpIfNotZero(step);
        code.ZeroUpper();
        code.Return();
        return code.ToArray();
    }

    private static int Register(int chain) => chain < 4 ? chain : chain + 12;

    private struct Arguments
    {
        public long Steps;
        public uint Values;
    }
}

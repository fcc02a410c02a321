using System.Diagnostics;
using System.Runtime.CompilerServices;
using Babel.Kernels.Cpu.Simd.Code;
using Babel.Kernels.Cpu.Threading;
using Babel.Kernels.Diagnostics.Bench;
using Babel.Kernels.Interop;

namespace Babel.Kernels.Cpu.Simd;

/// <summary>
/// What the processor can do at most with a device's vectors and threads: fused multiply-adds in registers (of a device of fast precision, its dot products of bfloat16), and reading memory. No call of an
/// operator gets beyond either.
/// </summary>
internal static unsafe class CpuCeilings
{
    private const int ItemsPerThread = 16;
    private const long BlockFloats = 64L << 20;

    /// <summary>The best reading: others may use the machine too, and what they take is no part of what it can do.</summary>
    public static Ceiling Arithmetic(CpuDevice device, WorkerPool pool, double seconds) => device.Brain is { } brain
        ? new Ceiling(BrainGflops(pool, seconds), $"{brain.Instruction} in registers, {pool.Threads} threads")
        : device.InstructionSet switch
        {
            CpuInstructionSet.Avx512 => Arithmetic<Lanes16>(pool, seconds),
            CpuInstructionSet.Avx2 => Arithmetic<Lanes8>(pool, seconds),
            CpuInstructionSet.Vector128 => Arithmetic<Lanes4>(pool, seconds),
            _ => Arithmetic<Lanes1>(pool, seconds),
        };

    /// <summary>Reading a block no cache holds, on large pages where the system has them, each thread in long pieces: as a product of one row reads its weight.</summary>
    public static MemoryPass Memory(CpuDevice device, WorkerPool pool)
    {
        var block = device.Allocate(new Shape(BlockFloats));
        block.View.Span<float>().Fill(1);
        return device.InstructionSet switch
        {
            CpuInstructionSet.Avx512 => Memory<Lanes16>(device, block, pool),
            CpuInstructionSet.Avx2 => Memory<Lanes8>(device, block, pool),
            CpuInstructionSet.Vector128 => Memory<Lanes4>(device, block, pool),
            _ => Memory<Lanes1>(device, block, pool),
        };
    }

    private static Ceiling Arithmetic<T>(WorkerPool pool, double seconds)
        where T : unmanaged, ILanes<T>
    {
        int items = pool.Threads * ItemsPerThread;
        var job = new ChainJob<T>(new float[items]);
        return new Ceiling(
            items * ChainJob<T>.Flop / Best(seconds, () => pool.Run(items, job)) / 1e9,
            $"fused multiply-adds in registers, {32 * T.Count}-bit, {pool.Threads} threads");
    }

    private static MemoryPass Memory<T>(CpuDevice device, Tensor block, WorkerPool pool)
        where T : unmanaged, ILanes<T>
    {
        int items = pool.Threads * ItemsPerThread;
        var job = new ReadJob<T>(Operand.Floats(block), (nint)(BlockFloats / items), new float[items]);
        return new MemoryPass(
            device, BlockFloats * sizeof(float), $"reading {BlockFloats * sizeof(float) >> 20} MiB, {pool.Threads} threads", () => pool.Run(items, job), block);
    }

    // A device of fast precision has machine code already, so there is a page for this too.
    private static double BrainGflops(WorkerPool pool, double seconds)
    {
        int items = pool.Threads * ItemsPerThread;
        using var page = ExecutablePage.TryCreate(BrainChainCode.Write(OperatingSystem.IsWindows()))!;
        nint start = page.Address;
        return items * BrainChainJob.Flop / Best(seconds, () => pool.Run(items, new BrainChainJob(start))) / 1e9;
    }

    private static double Best(double seconds, Action work)
    {
        double best = double.PositiveInfinity;
        var passed = Stopwatch.StartNew();
        while (passed.Elapsed.TotalSeconds < seconds)
        {
            long start = Stopwatch.GetTimestamp();
            work();
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return best;
    }

    /// <summary>
    /// Twelve independent chains: enough to hide a latency of six cycles at two a cycle, and with their two constants few enough for the sixteen
    /// registers that AVX2 has.
    /// </summary>
    private readonly struct ChainJob<T>(float[] sink) : IJob
        where T : unmanaged, ILanes<T>
    {
        private const int Steps = 250_000;
        private const int Chains = 12;

        /// <summary>Operations of an item.</summary>
        public static double Flop => 2.0 * Steps * Chains * T.Count;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(int item)
        {
            T x = T.Create(0.999f), y = T.Create(0.001f);
            T a0 = T.Create(0.1f), a1 = a0, a2 = a0, a3 = a0, a4 = a0, a5 = a0, a6 = a0, a7 = a0, a8 = a0, a9 = a0, a10 = a0, a11 = a0;
            for (int i = 0; i < Steps; i++)
            {
                a0 = T.Fma(a0, x, y);
                a1 = T.Fma(a1, x, y);
                a2 = T.Fma(a2, x, y);
                a3 = T.Fma(a3, x, y);
                a4 = T.Fma(a4, x, y);
                a5 = T.Fma(a5, x, y);
                a6 = T.Fma(a6, x, y);
                a7 = T.Fma(a7, x, y);
                a8 = T.Fma(a8, x, y);
                a9 = T.Fma(a9, x, y);
                a10 = T.Fma(a10, x, y);
                a11 = T.Fma(a11, x, y);
            }

            sink[item] = First(a0 + a1 + a2 + a3 + a4 + a5 + a6 + a7 + a8 + a9 + a10 + a11);
        }
    }

    private readonly struct BrainChainJob(nint code) : IJob
    {
        private const int Steps = 150_000;

        /// <summary>Operations of an item.</summary>
        public static double Flop => Steps * BrainChainCode.FlopPerStep;

        public void Run(int item)
        {
            var chain = new BrainChain(Steps);
            ((delegate* unmanaged<BrainChain*, void>)code)(&chain);
        }
    }

    private readonly struct ReadJob<T>(float* start, nint count, float[] sink) : IJob
        where T : unmanaged, ILanes<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(int item)
        {
            float* from = start + (item * count);
            T a = T.Create(0), b = a, c = a, d = a;
            for (nint i = 0; i + (4 * T.Count) <= count; i += 4 * T.Count)
            {
                a += T.Load(from + i);
                b += T.Load(from + i + T.Count);
                c += T.Load(from + i + (2 * T.Count));
                d += T.Load(from + i + (3 * T.Count));
            }

            sink[item] = First(a + b + c + d);
        }
    }

    /// <summary>A lane, so that nothing of the sum can be left out.</summary>
    private static float First<T>(T lanes)
        where T : unmanaged, ILanes<T>
    {
        float* values = stackalloc float[T.Count];
        T.Store(lanes, values);
        return values[0];
    }
}

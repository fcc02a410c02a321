using System.Diagnostics;
using Babel.Kernels.Diagnostics.Bench;
using Babel.Kernels.Gpu;

namespace Babel.Kernels.Cuda;

/// <summary>
/// What a GPU can do at most: products in registers or shared memory without anything brought from memory (Cuda/Kernels/peak_*.h), and copying within its
/// memory. Exact products on tensor cores take three multiplications of parts for one, so their ceiling is a third.
/// </summary>
internal static class CudaCeilings
{
    private const int Threads = 256;
    private const int BlocksPerProcessor = 8;
    private const long CopyBytes = 512L << 20;
    private const double LeastMilliseconds = 20;
    private const int Readings = 5;

    // Operations of a block in a round: 128 fma a thread; 8 products of 16 x 8 x 16 a warp; 16 of 64 x 256 x 16 a group of four warps.
    private const double FloatFlop = 2.0 * 128 * Threads;
    private const double TensorFlop = 2.0 * 8 * 16 * 8 * 16 * (Threads / 32);
    private const double HopperFlop = 2.0 * 16 * 64 * 256 * 16 * (Threads / 128);
    private const string FloatKernel = "peak_float";
    private const int HopperShared = (64 + 256) * 128;

    /// <summary>Products by weights of the kind the device was opened for, 10^9 operations a second.</summary>
    public static Ceiling Arithmetic(CudaDevice device, double seconds)
    {
        if (device.Engine == CudaEngine.Float) return Floats(device, seconds);
        using var sink = Sink(device);
        int parts = device.Precision == Precision.Fast ? 1 : 3;
        string share = parts == 1 ? "" : ", a third of it";
        var (rate, meaning) = device.Engine == CudaEngine.Wgmma
            ? (Rate(device, seconds, sink, "peak_hopper", HopperShared, HopperFlop), "wgmma of bf16 in shared memory")
            : (Rate(device, seconds, sink, "peak_tensor", 0, TensorFlop), "mma.sync of bf16 in registers");
        return new Ceiling(rate / parts / 1e9, meaning + share);
    }

    /// <summary>The float32 units, 10^9 operations a second: products by weights that tensor cores do not take.</summary>
    public static Ceiling Floats(CudaDevice device, double seconds)
    {
        using var sink = Sink(device);
        return new Ceiling(Rate(device, seconds, sink, FloatKernel, 0, FloatFlop) / 1e9, "fused multiply-adds of float32 in registers");
    }

    private static Tensor Sink(CudaDevice device) => device.Allocate(new Shape((long)device.Facts.Processors * BlocksPerProcessor * Threads));

    /// <summary>Copying within the device's memory.</summary>
    public static MemoryPass Memory(CudaDevice device)
    {
        // Half of the bytes are read, half written; a device that is nearly full gets along with less.
        long bytes = Math.Min(CopyBytes, device.Facts.Memory / 64) / 2;
        return MemoryPass.Open(
            device, 2 * bytes, "copying within its memory, reads and writes", DType.U8, new Shape(bytes), 2, t => device.Copy(t[0], t[1]));
    }

    /// <summary>Operations a second, with as many rounds as make a launch long enough to be timed.</summary>
    private static double Rate(CudaDevice device, double seconds, Tensor sink, string kernel, int shared, double flop)
    {
        int blocks = device.Facts.Processors * BlocksPerProcessor;
        double time = 0;
        int rounds = 8;
        for (; rounds < 1 << 24; rounds *= 2)
        {
            time = Best(device, seconds, () => Launch(rounds));
            if (time * 1e3 >= LeastMilliseconds) break;
        }

        return flop * rounds * blocks / time;

        void Launch(int count)
        {
            device.Arguments.Clear().Add(sink.Memory).Add(count);
            if (kernel == FloatKernel) device.Arguments.Add(0.5f);
            device.Launch(kernel, new GpuGrid(blocks, 1, 1, Threads), shared);
        }
    }

    private static double Best(CudaDevice device, double seconds, Action work)
    {
        double best = double.PositiveInfinity;
        var passed = Stopwatch.StartNew();
        for (int i = 0; i == 0 || (i < Readings && passed.Elapsed.TotalSeconds < seconds); i++)
        {
            device.Synchronize();
            long start = Stopwatch.GetTimestamp();
            work();
            device.Synchronize();
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return best;
    }
}

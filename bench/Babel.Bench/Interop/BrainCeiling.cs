using Babel.Kernels.Cpu.Simd.Code;
using Babel.Kernels.Interop;

namespace Babel.Bench.Interop;

/// <summary>What VDPBF16PS can do at most, in registers.</summary>
internal static unsafe class BrainCeiling
{
    private const long Steps = 6_000_000;

    /// <summary>Best GFLOP/s of so many threads.</summary>
    public static double PeakGflops(int threads)
    {
        using var page = ExecutablePage.TryCreate(BrainChainCode.Write(OperatingSystem.IsWindows()))
            ?? throw new NotSupportedException("the system does not let a program make machine code");
        nint start = page.Address;
        return Ceilings.Best(threads, _ => Run(start), seconds => threads * Steps * BrainChainCode.FlopPerStep / seconds / 1e9);
    }

    private static float Run(nint start)
    {
        var chain = new BrainChain(Steps);
        ((delegate* unmanaged<BrainChain*, void>)start)(&chain);
        return 0;
    }
}

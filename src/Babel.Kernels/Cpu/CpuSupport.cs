using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Babel.Kernels.Cpu;

/// <summary>Which instruction sets this process may use.</summary>
internal static class CpuSupport
{
    /// <summary>All of them, widest first.</summary>
    public static IReadOnlyList<CpuInstructionSet> All { get; } =
        [CpuInstructionSet.Avx512, CpuInstructionSet.Avx2, CpuInstructionSet.Vector128, CpuInstructionSet.Scalar];

    /// <summary>The widest that is there.</summary>
    public static CpuInstructionSet Widest => All.First(set => WhyNot(set) is null);

    /// <summary>Why a set cannot be used, or null when it can.</summary>
    public static string? WhyNot(CpuInstructionSet set) => set switch
    {
        CpuInstructionSet.Avx512 when !Avx512F.IsSupported => "the processor, or the runtime's settings, have no AVX-512",
        CpuInstructionSet.Avx512 when !Vector512.IsHardwareAccelerated => "the runtime does not use 512-bit vectors on this processor",
        CpuInstructionSet.Avx2 when !Avx2.IsSupported || !Fma.IsSupported => "the processor, or the runtime's settings, have no AVX2 with FMA",
        CpuInstructionSet.Vector128 when !Vector128.IsHardwareAccelerated => "the processor, or the runtime's settings, have no 128-bit vectors",
        _ => null,
    };

    /// <summary>The name behind <c>cpu:</c>.</summary>
    public static string NameOf(CpuInstructionSet set) => set switch
    {
        CpuInstructionSet.Avx512 => "avx512",
        CpuInstructionSet.Avx2 => "avx2",
        CpuInstructionSet.Vector128 => "vector128",
        _ => "scalar",
    };

    /// <summary>In words.</summary>
    public static string Describe(CpuInstructionSet set) => set switch
    {
        CpuInstructionSet.Avx512 => "512-bit vectors (AVX-512)",
        CpuInstructionSet.Avx2 => "256-bit vectors (AVX2, FMA)",
        CpuInstructionSet.Vector128 => "128-bit vectors",
        _ => "no vectors",
    };
}

using System.Runtime.Intrinsics.X86;
using Babel.Kernels.Cpu.Simd.Code;

namespace Babel.Kernels.Cpu.Simd;

/// <summary>The ways to multiply bfloat16 matrices, best first.</summary>
internal static class BrainForms
{
    private const int Features = 7;

    /// <summary>The table from which a device takes the first that it can use.</summary>
    public static IReadOnlyList<BrainForm> All { get; } = [new("VDPBF16PS", WhyNotAvx512, BrainTileCode.Tallest, BrainTileCode.Write)];

    /// <summary>Whether there are AMX tiles of bfloat16 (leaf 7.0, EDX: bit 22 AMX-BF16, bit 24 AMX-TILE), for which <see cref="All"/> has no kernel.</summary>
    public static bool HasAmx => X86Base.IsSupported && (X86Base.CpuId(Features, 0).Edx & (1 << 22 | 1 << 24)) == (1 << 22 | 1 << 24);

    // The runtime asks the operating system about the state of 512-bit registers (XCR0) before it reports AVX-512, and its settings can switch it off.
    private static string? WhyNotAvx512(CpuInstructionSet set)
    {
        if (set != CpuInstructionSet.Avx512) return $"VDPBF16PS needs AVX-512, and this device uses {CpuSupport.Describe(set)}";
        if (!Avx512F.IsSupported || !Avx512BW.IsSupported) return "the processor, or the runtime's settings, have no AVX-512";

        // Leaf 7.1, EAX bit 5: AVX512_BF16; leaf 7.0, EAX is the last subleaf there is.
        bool there = X86Base.CpuId(Features, 0).Eax >= 1 && (X86Base.CpuId(Features, 1).Eax & (1 << 5)) != 0;
        return there ? null : "the processor has no AVX512-BF16";
    }
}

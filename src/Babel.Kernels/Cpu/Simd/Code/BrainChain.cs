using System.Runtime.InteropServices;

namespace Babel.Kernels.Cpu.Simd.Code;

/// <summary>What a call of <see cref="BrainChainCode"/> works on; machine code reads it by offset.</summary>
/// <param name="Steps">How often every chain is added to.</param>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct BrainChain(long Steps)
{
    /// <summary>A pair of small bfloat16 (2^-11), so that sums stay finite.</summary>
    public readonly uint Pair = 0x3A00_3A00;
}

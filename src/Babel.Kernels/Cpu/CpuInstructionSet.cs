namespace Babel.Kernels.Cpu;

/// <summary>The vector width the CPU kernels run with; the widest the processor has unless a device name asks for less.</summary>
public enum CpuInstructionSet
{
    /// <summary>No vectors: one number at a time.</summary>
    Scalar,

    /// <summary>128 bits: SSE or AdvSimd.</summary>
    Vector128,

    /// <summary>256 bits: AVX2 with FMA.</summary>
    Avx2,

    /// <summary>512 bits: AVX-512F.</summary>
    Avx512,
}

using Babel.Kernels.Cpu.Simd;

namespace Babel.Kernels.Tests.Cpu.Simd;

/// <summary>Kernels that take addresses, for tests that have arrays.</summary>
internal static unsafe class NativeCalls
{
    public static ushort[] Round(float[] values)
    {
        var rounded = new ushort[values.Length];
        fixed (float* from = values)
        fixed (ushort* to = rounded) BrainRounding.Round(from, values.Length, to);
        return rounded;
    }
}

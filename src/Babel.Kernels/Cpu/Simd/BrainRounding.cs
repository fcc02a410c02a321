using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Babel.Kernels.Cpu.Simd;

/// <summary>Float32 to bfloat16, to nearest, ties to even; NaN stays NaN: <see cref="DTypes.ToBFloat16"/>, 32 at a time.</summary>
internal static unsafe class BrainRounding
{
    /// <summary>Rounds <paramref name="count"/> numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Round(float* source, nint count, ushort* destination)
    {
        nint i = 0;
        for (; i + 32 <= count; i += 32)
        {
            var low = Round(Vector512.Load((uint*)source + i));
            var high = Round(Vector512.Load((uint*)source + i + 16));
            Vector512.Narrow(low, high).Store(destination + i);
        }

        for (; i < count; i++) destination[i] = DTypes.ToBFloat16(source[i]);
    }

    // Half of the last place kept, less one if that place is even, carries into the upper half what has to be rounded up.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Round(Vector512<uint> bits)
    {
        var rounded = bits + Vector512.Create(0x7FFFu) + ((bits >> 16) & Vector512<uint>.One);
        var isNaN = Vector512.GreaterThan((bits & Vector512.Create(0x7FFF_FFFFu)).AsInt32(), Vector512.Create(0x7F80_0000)).AsUInt32();
        return Vector512.ConditionalSelect(isNaN, bits | Vector512.Create(0x40_0000u), rounded) >> 16;
    }
}

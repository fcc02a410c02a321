using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Babel.Kernels.Cpu.Simd;

/// <summary>Copies of a few neighbouring floats out of many rows: too short for a call to the runtime's copy each.</summary>
internal static unsafe class ShortRows
{
    /// <summary><c>to[j * length + i] = from[j * stride + i]</c> for j &lt; <paramref name="rows"/>, i &lt; <paramref name="length"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Copy(float* from, nint stride, float* to, int length, int rows)
    {
        // Two vectors that overlap make any length between one and two of them, and touch nothing beyond it.
        int last = length - 8, last4 = length - 4;
        for (int j = 0; j < rows; j++, from += stride, to += length)
        {
            if (length is >= 8 and <= 16)
            {
                Vector256<float> a = Vector256.Load(from), b = Vector256.Load(from + last);
                a.Store(to);
                b.Store(to + last);
            }
            else if (length is >= 4 and < 8)
            {
                Vector128<float> a = Vector128.Load(from), b = Vector128.Load(from + last4);
                a.Store(to);
                b.Store(to + last4);
            }
            else
            {
                for (int i = 0; i < length; i++) to[i] = from[i];
            }
        }
    }
}

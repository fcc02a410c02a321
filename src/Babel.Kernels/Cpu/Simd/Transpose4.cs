using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Babel.Kernels.Cpu.Simd;

/// <summary>Turns four rows into four neighbouring columns and back: how heads become the operands of the matrix tiles.</summary>
internal static unsafe class Transpose4
{
    /// <summary><c>columns[c * stride + i] = row_i[c]</c> for i &lt; 4, c &lt; <paramref name="length"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ToColumns(float* row0, float* row1, float* row2, float* row3, nint length, float* columns, nint stride)
    {
        nint c = 0;
        for (; Sse.IsSupported && c + 4 <= length; c += 4)
        {
            var (a, b, d, e) = Turn(Vector128.Load(row0 + c), Vector128.Load(row1 + c), Vector128.Load(row2 + c), Vector128.Load(row3 + c));
            float* to = columns + (c * stride);
            a.Store(to);
            b.Store(to + stride);
            d.Store(to + (2 * stride));
            e.Store(to + (3 * stride));
        }

        for (; c < length; c++)
        {
            float* to = columns + (c * stride);
            to[0] = row0[c];
            to[1] = row1[c];
            to[2] = row2[c];
            to[3] = row3[c];
        }
    }

    /// <summary><c>row_i[c] = columns[c * stride + i]</c> for i &lt; 4, c &lt; <paramref name="length"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ToRows(float* columns, nint stride, nint length, float* row0, float* row1, float* row2, float* row3)
    {
        nint c = 0;
        for (; Sse.IsSupported && c + 4 <= length; c += 4)
        {
            float* from = columns + (c * stride);
            var (a, b, d, e) = Turn(
                Vector128.Load(from), Vector128.Load(from + stride), Vector128.Load(from + (2 * stride)), Vector128.Load(from + (3 * stride)));
            a.Store(row0 + c);
            b.Store(row1 + c);
            d.Store(row2 + c);
            e.Store(row3 + c);
        }

        for (; c < length; c++)
        {
            float* from = columns + (c * stride);
            row0[c] = from[0];
            row1[c] = from[1];
            row2[c] = from[2];
            row3[c] = from[3];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector128<float> A, Vector128<float> B, Vector128<float> C, Vector128<float> D) Turn(
        Vector128<float> a, Vector128<float> b, Vector128<float> c, Vector128<float> d)
    {
        var ab = Sse.UnpackLow(a, b);
        var ab2 = Sse.UnpackHigh(a, b);
        var cd = Sse.UnpackLow(c, d);
        var cd2 = Sse.UnpackHigh(c, d);
        return (Sse.MoveLowToHigh(ab, cd), Sse.MoveHighToLow(cd, ab), Sse.MoveLowToHigh(ab2, cd2), Sse.MoveHighToLow(cd2, ab2));
    }
}

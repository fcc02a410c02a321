using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Babel.Kernels.Cpu.Simd;

/// <summary>
/// <c>sums[r, c] = sum_j p[r, j] v[j, c]</c> with the values where they lie, rows <c>stride</c> floats apart. One accumulator an output, j ascending: the
/// same bits from every method and from a register tile.
/// </summary>
internal static unsafe class ValueSums
{
    /// <summary>Four rows of 32 columns; asks for the memory at <paramref name="ahead"/> along the way.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Four<TV>(float* p, nint pStride, float* v, nint stride, int keys, float* sums, nint sumStride, float* ahead)
        where TV : unmanaged, ILanes<TV>
    {
        TV a0 = TV.Create(0f), a1 = a0, a2 = a0, a3 = a0, b0 = a0, b1 = a0, b2 = a0, b3 = a0;
        float* p1 = p + pStride;
        float* p2 = p1 + pStride;
        float* p3 = p2 + pStride;
        for (int j = 0; j < keys; j++, v += stride, ahead += stride)
        {
            if (Sse.IsSupported) Sse.Prefetch1(ahead);
            if (Sse.IsSupported) Sse.Prefetch1(ahead + 16);
            TV low = TV.Load(v), high = TV.Load(v + 16), w0 = TV.Create(p[j]), w1 = TV.Create(p1[j]), w2 = TV.Create(p2[j]), w3 = TV.Create(p3[j]);
            a0 = TV.Fma(w0, low, a0);
            b0 = TV.Fma(w0, high, b0);
            a1 = TV.Fma(w1, low, a1);
            b1 = TV.Fma(w1, high, b1);
            a2 = TV.Fma(w2, low, a2);
            b2 = TV.Fma(w2, high, b2);
            a3 = TV.Fma(w3, low, a3);
            b3 = TV.Fma(w3, high, b3);
        }

        Store(a0, b0, sums);
        Store(a1, b1, sums + sumStride);
        Store(a2, b2, sums + (2 * sumStride));
        Store(a3, b3, sums + (3 * sumStride));
    }

    /// <summary>One row of 64 columns; asks for the memory at <paramref name="ahead"/> along the way.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Wide<TV>(float* p, float* v, nint stride, int keys, float* sums, float* ahead)
        where TV : unmanaged, ILanes<TV>
    {
        TV a = TV.Create(0f), b = a, c = a, d = a;
        for (int j = 0; j < keys; j++, v += stride, ahead += stride)
        {
            if (Sse.IsSupported) Sse.Prefetch1(ahead);
            if (Sse.IsSupported) Sse.Prefetch1(ahead + 16);
            if (Sse.IsSupported) Sse.Prefetch1(ahead + 32);
            if (Sse.IsSupported) Sse.Prefetch1(ahead + 48);
            var w = TV.Create(p[j]);
            a = TV.Fma(w, TV.Load(v), a);
            b = TV.Fma(w, TV.Load(v + 16), b);
            c = TV.Fma(w, TV.Load(v + 32), c);
            d = TV.Fma(w, TV.Load(v + 48), d);
        }

        Store(a, b, sums);
        Store(c, d, sums + 32);
    }

    /// <summary>One row of 16 columns.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Narrow<TV>(float* p, float* v, nint stride, int keys, float* sums)
        where TV : unmanaged, ILanes<TV>
    {
        var a = TV.Create(0f);
        for (int j = 0; j < keys; j++) a = TV.Fma(TV.Create(p[j]), TV.Load(v + (j * stride)), a);
        TV.Store(a, sums);
    }

    /// <summary>One row of one column.</summary>
    public static void One(float* p, float* v, nint stride, int keys, float* sum)
    {
        float a = 0;
        for (int j = 0; j < keys; j++) a = MathF.FusedMultiplyAdd(p[j], v[j * stride], a);
        *sum = a;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<TV>(TV low, TV high, float* sums)
        where TV : unmanaged, ILanes<TV>
    {
        TV.Store(low, sums);
        TV.Store(high, sums + 16);
    }
}

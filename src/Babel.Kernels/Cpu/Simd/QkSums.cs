using System.Runtime.CompilerServices;

namespace Babel.Kernels.Cpu.Simd;

/// <summary>
/// The squared change of one softmax row A for 16 dimensions at once, from sums over the keys. Three ways to the same number, each where it keeps
/// its digits.
/// </summary>
internal static unsafe class QkSums
{
    /// <summary>Up to this |delta| the change is written with D = e^delta - 1.</summary>
    public const float Small = 0.5f;

    /// <summary>Up to this |delta| the powers of e^delta stay within float32 by far.</summary>
    public const float Large = 30f;

    /// <summary>Keys summed by themselves before they join the total.</summary>
    private const int Block = 128;

    /// <summary>
    /// For small changes: z = sum A D, P = sum A^2 D, R = sum A^2 D^2, change (R - 2 z P + z^2 S0) / (1 + z)^2. The difference of nearly equal softmax rows
    /// is never formed, so a small change has as many digits as a large one.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static TV OfSmall<TV, TForm>(QkDelta<TV> delta, float* a, nint first, nint end, float squares)
        where TV : unmanaged, ILanes<TV>
        where TForm : IQkForm
    {
        TV zero = TV.Create(0f), z = zero, p = zero, r = zero;
        for (nint start = first / Block * Block; start < end; start += Block)
        {
            TV z1 = zero, p1 = zero, r1 = zero;
            nint stop = Math.Min(end, start + Block);
            for (nint t = Math.Max(first, start); t < stop; t++)
            {
                var d = ExpMinus1(delta.At<TForm>(t));
                var weight = TV.Create(a[t]);
                var square = weight * weight * d;
                z1 = TV.Fma(weight, d, z1);
                p1 += square;
                r1 = TV.Fma(square, d, r1);
            }

            z += z1;
            p += p1;
            r += r1;
        }

        var one = TV.Create(1f) + z;
        var change = r - ((z + z) * p) + (z * z * TV.Create(squares));
        return TV.Max(zero, change / (one * one));
    }

    /// <summary>For other changes: Z = sum A E, P = sum A^2 E, R = sum A^2 E^2 with E = e^delta, change R/Z^2 - 2P/Z + S0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static TV OfAny<TV, TForm>(QkDelta<TV> delta, float* a, nint first, nint end, float squares)
        where TV : unmanaged, ILanes<TV>
        where TForm : IQkForm
    {
        TV zero = TV.Create(0f), z = zero, p = zero, r = zero;
        for (nint start = first / Block * Block; start < end; start += Block)
        {
            TV z1 = zero, p1 = zero, r1 = zero;
            nint stop = Math.Min(end, start + Block);
            for (nint t = Math.Max(first, start); t < stop; t++)
            {
                var weight = TV.Create(a[t]);
                var moved = weight * VectorMath.Exp(delta.At<TForm>(t));
                z1 += moved;
                p1 = TV.Fma(weight, moved, p1);
                r1 = TV.Fma(moved, moved, r1);
            }

            z += z1;
            p += p1;
            r += r1;
        }

        return Change(z, p, r, squares);
    }

    /// <summary>
    /// For changes whose powers might overflow, or leave nothing of a row: the changed row from its scores, less their maximum. Twice the work, rarely done.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static TV OfHuge<TV, TForm>(QkDelta<TV> delta, float* a, float* scores, nint first, nint end, float squares)
        where TV : unmanaged, ILanes<TV>
        where TForm : IQkForm
    {
        var max = TV.Create(float.NegativeInfinity);
        for (nint t = first; t < end; t++) max = TV.Max(max, TV.Create(scores[t]) + delta.At<TForm>(t));

        TV zero = TV.Create(0f), z = zero, p = zero, r = zero;
        for (nint t = first; t < end; t++)
        {
            var moved = VectorMath.Exp((TV.Create(scores[t]) + delta.At<TForm>(t)) - max);
            z += moved;
            p = TV.Fma(TV.Create(a[t]), moved, p);
            r = TV.Fma(moved, moved, r);
        }

        return Change(z, p, r, squares);
    }

    private static TV Change<TV>(TV z, TV p, TV r, float squares)
        where TV : unmanaged, ILanes<TV>
    {
        var change = (r / (z * z)) - ((p + p) / z) + TV.Create(squares);
        return TV.Max(TV.Create(0f), change);
    }

    /// <summary>e^x - 1 for |x| up to <see cref="Small"/>: Taylor to x^8, relative error below 1.1e-8 before rounding.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TV ExpMinus1<TV>(TV x)
        where TV : unmanaged, ILanes<TV>
    {
        var p = TV.Create(1f / 40320);
        p = TV.Fma(p, x, TV.Create(1f / 5040));
        p = TV.Fma(p, x, TV.Create(1f / 720));
        p = TV.Fma(p, x, TV.Create(1f / 120));
        p = TV.Fma(p, x, TV.Create(1f / 24));
        p = TV.Fma(p, x, TV.Create(1f / 6));
        p = TV.Fma(p, x, TV.Create(0.5f));
        return TV.Fma(x * x, p, x);
    }
}

using System.Runtime.CompilerServices;

namespace Babel.Kernels.Cpu.Simd;

/// <summary>
/// The squared change of one softmax row A for 16 dimensions at once. A softmax does not see a shift, so the changes of the scores are taken
/// against that of the row's largest probability: with D = e^(delta - delta*) - 1 and z = sum A D,
/// <c>sum (A' - A)^2 = sum A^2 (D - z)^2 / (1 + z)^2</c>.
/// </summary>
/// <remarks>
/// The difference of two nearly equal rows is never formed, neither of small changes nor of rows with one large probability, and what is
/// summed last is squares: the result keeps its digits. The D of the first pass are kept for the second.
/// The two loops over keys differ in one expression and stand twice on purpose: with it behind a type parameter a small
/// model's forward with exact scores took 4.3 to 5.0 plain forwards instead of 3.2 to 3.6.
/// </remarks>
internal static unsafe class QkSums
{
    /// <summary>Up to this |delta| the difference of two of them stays within 1, where <see cref="OfSmall"/> holds.</summary>
    public const float Small = 0.5f;

    /// <summary>Up to this |delta| the squares of e^(delta - delta*) stay within float32.</summary>
    public const float Large = 15f;

    /// <summary>Keys summed by themselves before they join the total.</summary>
    private const int Block = 128;

    /// <summary>For small changes, whose D are as exact as large ones.</summary>
    /// <param name="delta">The changes of the scores.</param>
    /// <param name="a">The row.</param>
    /// <param name="growth">Room for D, [T][16].</param>
    /// <param name="peak">Where the row is largest.</param>
    /// <param name="first">The first visible key.</param>
    /// <param name="end">Behind the last.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static TV OfSmall<TV, TForm>(QkDelta<TV> delta, float* a, float* growth, nint peak, nint first, nint end)
        where TV : unmanaged, ILanes<TV>
        where TForm : IQkForm
    {
        TV zero = TV.Create(0f), one = TV.Create(1f), shift = delta.At<TForm>(peak), z = zero;
        for (nint start = first / Block * Block; start < end; start += Block)
        {
            TV sum = zero;
            nint stop = Math.Min(end, start + Block);
            for (nint t = Math.Max(first, start); t < stop; t++)
            {
                var d = ExpMinus1(delta.At<TForm>(t) - shift);
                TV.Store(d, growth + (16 * t));
                sum = TV.Fma(TV.Create(a[t]), d, sum);
            }

            z += sum;
        }

        return SquaredChange(a, growth, zero - z, first, end) / ((one + z) * (one + z));
    }

    /// <summary>For changes up to <see cref="Large"/>: D from the exponential; its absolute error would count only among changes that are all small.</summary>
    /// <param name="delta">The changes of the scores.</param>
    /// <param name="a">The row.</param>
    /// <param name="growth">Room for D, [T][16].</param>
    /// <param name="peak">Where the row is largest.</param>
    /// <param name="first">The first visible key.</param>
    /// <param name="end">Behind the last.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static TV OfAny<TV, TForm>(QkDelta<TV> delta, float* a, float* growth, nint peak, nint first, nint end)
        where TV : unmanaged, ILanes<TV>
        where TForm : IQkForm
    {
        TV zero = TV.Create(0f), one = TV.Create(1f), shift = delta.At<TForm>(peak), z = zero;
        for (nint start = first / Block * Block; start < end; start += Block)
        {
            TV sum = zero;
            nint stop = Math.Min(end, start + Block);
            for (nint t = Math.Max(first, start); t < stop; t++)
            {
                var d = VectorMath.Exp(delta.At<TForm>(t) - shift) - one;
                TV.Store(d, growth + (16 * t));
                sum = TV.Fma(TV.Create(a[t]), d, sum);
            }

            z += sum;
        }

        return SquaredChange(a, growth, zero - z, first, end) / ((one + z) * (one + z));
    }

    /// <summary>
    /// For changes whose powers might overflow, or leave nothing of a row: the changed row from its scores, less their maximum. Rarely done.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static TV OfHuge<TV, TForm>(QkDelta<TV> delta, float* a, float* scores, float* changed, nint first, nint end)
        where TV : unmanaged, ILanes<TV>
        where TForm : IQkForm
    {
        var max = TV.Create(float.NegativeInfinity);
        for (nint t = first; t < end; t++) max = TV.Max(max, TV.Create(scores[t]) + delta.At<TForm>(t));

        TV zero = TV.Create(0f), z = zero, squares = zero;
        for (nint t = first; t < end; t++)
        {
            var moved = VectorMath.Exp((TV.Create(scores[t]) + delta.At<TForm>(t)) - max);
            TV.Store(moved, changed + (16 * t));
            z += moved;
        }

        for (nint t = first; t < end; t++)
        {
            var change = (TV.Load(changed + (16 * t)) / z) - TV.Create(a[t]);
            squares = TV.Fma(change, change, squares);
        }

        return squares;
    }

    /// <summary>sum A^2 (D + less)^2, four keys at a time: a single sum would wait for itself.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static TV SquaredChange<TV>(float* a, float* growth, TV less, nint first, nint end)
        where TV : unmanaged, ILanes<TV>
    {
        TV s0 = TV.Create(0f), s1 = s0, s2 = s0, s3 = s0;
        nint t = first;
        for (; t + 4 <= end; t += 4)
        {
            var c0 = TV.Create(a[t]) * (TV.Load(growth + (16 * t)) + less);
            var c1 = TV.Create(a[t + 1]) * (TV.Load(growth + (16 * t) + 16) + less);
            var c2 = TV.Create(a[t + 2]) * (TV.Load(growth + (16 * t) + 32) + less);
            var c3 = TV.Create(a[t + 3]) * (TV.Load(growth + (16 * t) + 48) + less);
            s0 = TV.Fma(c0, c0, s0);
            s1 = TV.Fma(c1, c1, s1);
            s2 = TV.Fma(c2, c2, s2);
            s3 = TV.Fma(c3, c3, s3);
        }

        for (; t < end; t++)
        {
            var c = TV.Create(a[t]) * (TV.Load(growth + (16 * t)) + less);
            s0 = TV.Fma(c, c, s0);
        }

        return (s0 + s1) + (s2 + s3);
    }

    /// <summary>e^x - 1 for |x| up to 1: Taylor to x^10, relative error below 4e-8 before rounding.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TV ExpMinus1<TV>(TV x)
        where TV : unmanaged, ILanes<TV>
    {
        var p = TV.Create(1f / 3628800);
        p = TV.Fma(p, x, TV.Create(1f / 362880));
        p = TV.Fma(p, x, TV.Create(1f / 40320));
        p = TV.Fma(p, x, TV.Create(1f / 5040));
        p = TV.Fma(p, x, TV.Create(1f / 720));
        p = TV.Fma(p, x, TV.Create(1f / 120));
        p = TV.Fma(p, x, TV.Create(1f / 24));
        p = TV.Fma(p, x, TV.Create(1f / 6));
        p = TV.Fma(p, x, TV.Create(0.5f));
        return TV.Fma(x * x, p, x);
    }
}

using System.Runtime.CompilerServices;

namespace Babel.Kernels.Cpu.Simd;

/// <summary>
/// The squared change of one softmax row A for 16 dimensions at once. A softmax does not see a shift delta* of the changes of its scores;
/// with D = e^(delta - delta*) - 1 and z = sum A D,
/// <c>sum (A' - A)^2 = sum A^2 (D - z)^2 / (1 + z)^2 = (sum A^2 D^2 - 2 z sum A^2 D + z^2 sum A^2) / (1 + z)^2</c>.
/// </summary>
/// <remarks>
/// The difference of two nearly equal rows is never formed. In a row with one large probability delta* is that of this peak, whose D is then exactly 0 and
/// takes no digits from the others; in other rows it is near the middle, so that z is small beside the D.
/// What the last form can lose all the same is known when it is there: the size of its three terms against their sum. Where that is too much, and
/// where the sums leave nothing of 1 + z, a lane is computed again by <see cref="InTwoPasses"/> or <see cref="OfHuge"/>.
/// </remarks>
internal static unsafe class QkSums
{
    /// <summary>Up to this |delta - delta*| the sums stay within float32 and keep their digits.</summary>
    public const float Largest = 16f;

    /// <summary>Keys summed by themselves before they join the total.</summary>
    public const int Block = 128;

    /// <summary>The three terms may be this much larger than their sum,</summary>
    private const float MostCancelled = 32f;

    /// <summary>and by this share of the rows before: what their rounding changes is then lost in those.</summary>
    private const float ShareOfOthers = 0.125f;

    /// <summary>A smaller 1 + z has lost digits: the row's probability has moved away from its peak.</summary>
    private const float LeastTotal = 1f / 16;

    /// <summary>
    /// How often the argument of e^x - 1 is halved, so that the polynomial's range holds every |delta - delta*| of <paramref name="reach"/>.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Halvings<TV>(TV reach)
        where TV : unmanaged, ILanes<TV>
    {
        float range = ExpRange;
        for (int times = 0; times < MostHalvings - 1; times++, range *= 2)
        {
            if (!TV.Any(TV.GreaterThan(reach, TV.Create(range)))) return times;
        }

        return MostHalvings;
    }

    /// <summary>Adds z, sum A^2 D and sum A^2 D^2 of keys <paramref name="from"/> to <paramref name="stop"/> to <paramref name="sums"/> [3][16].</summary>
    /// <param name="delta">The changes of the scores, times <paramref name="scale"/> already where the form is linear.</param>
    /// <param name="shift">delta* likewise.</param>
    /// <param name="scale">2^-<paramref name="halvings"/>.</param>
    /// <param name="halvings">See <see cref="Halvings"/>.</param>
    /// <param name="a">The row.</param>
    /// <param name="from">The first key.</param>
    /// <param name="stop">Behind the last key.</param>
    /// <param name="sums">What is added to.</param>
    public static void Add<TV, TForm>(in QkDelta<TV> delta, TV shift, TV scale, int halvings, float* a, nint from, nint stop, float* sums)
        where TV : unmanaged, ILanes<TV>
        where TForm : IQkForm
    {
        switch (halvings)
        {
            case 0: Add<TV, TForm, Never>(delta, shift, scale, a, from, stop, sums); break;
            case 1: Add<TV, TForm, Once>(delta, shift, scale, a, from, stop, sums); break;
            case 2: Add<TV, TForm, Twice>(delta, shift, scale, a, from, stop, sums); break;
            case 3: Add<TV, TForm, ThreeTimes>(delta, shift, scale, a, from, stop, sums); break;
            case 4: Add<TV, TForm, FourTimes>(delta, shift, scale, a, from, stop, sums); break;
            default: Add<TV, TForm, SixTimes>(delta, shift, scale, a, from, stop, sums); break;
        }
    }

    /// <summary>
    /// The squared change from the three sums. Lanes of <paramref name="cancelled"/> have lost digits to the differences between them, lanes of
    /// <paramref name="moved"/> to 1 + z.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TV Change<TV>(float* sums, float squares, TV before, out TV cancelled, out TV moved)
        where TV : unmanaged, ILanes<TV>
    {
        TV z = TV.Load(sums), first = TV.Load(sums + 16), second = TV.Load(sums + 32), total = TV.Create(1f) + z;
        TV square = z * TV.Create(squares), twice = first + first;
        var sum = TV.Fma(z, square - twice, second);
        TV size = VectorMath.Abs(z), terms = TV.Fma(size, TV.Fma(size, TV.Create(squares), VectorMath.Abs(twice)), second);
        TV divisor = total * total, change = sum / divisor;
        cancelled = TV.GreaterThan(terms / divisor, TV.Fma(TV.Create(MostCancelled), change, before * TV.Create(ShareOfOthers)));
        moved = TV.GreaterThan(TV.Create(LeastTotal), total);
        return change;
    }

    /// <summary>For lanes that cancel: D is kept, and its difference to the finished z is what is squared. Rarely done.</summary>
    /// <param name="delta">As in <see cref="Add{TV, TForm}"/>.</param>
    /// <param name="shift">As there.</param>
    /// <param name="scale">As there.</param>
    /// <param name="halvings">As there.</param>
    /// <param name="a">The row.</param>
    /// <param name="row">Its visible keys.</param>
    /// <param name="growth">Room for D, [T][16].</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static TV InTwoPasses<TV, TForm>(in QkDelta<TV> delta, TV shift, TV scale, int halvings, float* a, QkRow row, float* growth)
        where TV : unmanaged, ILanes<TV>
        where TForm : IQkForm
    {
        TV zero = TV.Create(0f), one = TV.Create(1f), z = zero;
        for (nint start = row.First / Block * Block; start < row.End; start += Block)
        {
            TV sum = zero;
            nint stop = Math.Min(row.End, start + Block);
            for (nint t = Math.Max(row.First, start); t < stop; t++)
            {
                var x = delta.At<TForm>(t) - shift;
                var d = ExpMinus1(TForm.General ? x * scale : x);
                for (int h = 0; h < halvings; h++) d = TV.Fma(d, d, d + d);
                TV.Store(d, growth + (16 * t));
                sum = TV.Fma(TV.Create(a[t]), d, sum);
            }

            z += sum;
        }

        TV squares = zero;
        for (nint start = row.First / Block * Block; start < row.End; start += Block)
        {
            TV sum = zero;
            nint stop = Math.Min(row.End, start + Block);
            for (nint t = Math.Max(row.First, start); t < stop; t++)
            {
                var change = TV.Create(a[t]) * (TV.Load(growth + (16 * t)) - z);
                sum = TV.Fma(change, change, sum);
            }

            squares += sum;
        }

        return squares / ((one + z) * (one + z));
    }

    /// <summary>
    /// For changes whose powers might overflow, or leave nothing of the row's peak: the changed row from its scores, less their maximum. Rarely done.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static TV OfHuge<TV, TForm>(in QkDelta<TV> delta, float* a, float* scores, QkRow row, float* changed)
        where TV : unmanaged, ILanes<TV>
        where TForm : IQkForm
    {
        var max = TV.Create(float.NegativeInfinity);
        for (nint t = row.First; t < row.End; t++) max = TV.Max(max, TV.Create(scores[t]) + delta.At<TForm>(t));

        TV zero = TV.Create(0f), z = zero, squares = zero;
        for (nint t = row.First; t < row.End; t++)
        {
            var moved = VectorMath.Exp((TV.Create(scores[t]) + delta.At<TForm>(t)) - max);
            TV.Store(moved, changed + (16 * t));
            z += moved;
        }

        for (nint t = row.First; t < row.End; t++)
        {
            var change = (TV.Load(changed + (16 * t)) / z) - TV.Create(a[t]);
            squares = TV.Fma(change, change, squares);
        }

        return squares;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Add<TV, TForm, THalvings>(in QkDelta<TV> delta, TV shift, TV scale, float* a, nint from, nint stop, float* sums)
        where TV : unmanaged, ILanes<TV>
        where TForm : IQkForm
        where THalvings : IHalvings
    {
        var terms = delta;
        TV own = delta.Own, partner = delta.Partner, z = TV.Create(0f), first = z, second = z;
        float* one = delta.First, two = delta.Second;
        TV c2 = TV.Create(ExpC2), c3 = TV.Create(ExpC3), c4 = TV.Create(ExpC4), c5 = TV.Create(ExpC5);
        for (nint t = from; t < stop; t++)
        {
            TV x;
            if (TForm.General)
            {
                x = (terms.At<TForm>(t) - shift) * scale;
            }
            else
            {
                x = own * TV.Load(one + (16 * t));
                if (TForm.Pair) x = TV.Fma(partner, TV.Load(two + (16 * t)), x);
                x -= shift;
            }

            var square = x * x;
            var d = TV.Fma(square, TV.Fma(square, TV.Fma(c5, x, c4), TV.Fma(c3, x, c2)), x);
            if (THalvings.Count > 0) d = TV.Fma(d, d, d + d);
            if (THalvings.Count > 1) d = TV.Fma(d, d, d + d);
            if (THalvings.Count > 2) d = TV.Fma(d, d, d + d);
            if (THalvings.Count > 3) d = TV.Fma(d, d, d + d);
            if (THalvings.Count > 4) d = TV.Fma(d, d, d + d);
            if (THalvings.Count > 5) d = TV.Fma(d, d, d + d);
            TV weight = TV.Create(a[t]), part = weight * d;
            z += part;
            first = TV.Fma(weight, part, first);
            second = TV.Fma(part, part, second);
        }

        TV.Store(TV.Load(sums) + z, sums);
        TV.Store(TV.Load(sums + 16) + first, sums + 16);
        TV.Store(TV.Load(sums + 32) + second, sums + 32);
    }

    // e^x - 1 = x + x^2 (c2 + c3 x + c4 x^2 + c5 x^3), |x| <= 1/4: relative error below 9e-8 before rounding (a minimax fit made for this file).
    // From there e^2x - 1 = D^2 + 2 D with D = e^x - 1, which keeps a relative error where D is small.
    private const float ExpRange = 0.25f;
    private const float ExpC2 = 0.499998361f;
    private const float ExpC3 = 0.166667104f;
    private const float ExpC4 = 0.041774191f;
    private const float ExpC5 = 0.00833593961f;
    private const int MostHalvings = 6;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TV ExpMinus1<TV>(TV x)
        where TV : unmanaged, ILanes<TV>
    {
        TV square = x * x, low = TV.Fma(TV.Create(ExpC3), x, TV.Create(ExpC2)), high = TV.Fma(TV.Create(ExpC5), x, TV.Create(ExpC4));
        return TV.Fma(square, TV.Fma(square, high, low), x);
    }

    /// <summary>A constant of the compiled loop.</summary>
    private interface IHalvings
    {
        static abstract int Count { get; }
    }

    private readonly struct Never : IHalvings
    {
        public static int Count => 0;
    }

    private readonly struct Once : IHalvings
    {
        public static int Count => 1;
    }

    private readonly struct Twice : IHalvings
    {
        public static int Count => 2;
    }

    private readonly struct ThreeTimes : IHalvings
    {
        public static int Count => 3;
    }

    private readonly struct FourTimes : IHalvings
    {
        public static int Count => 4;
    }

    private readonly struct SixTimes : IHalvings
    {
        public static int Count => 6;
    }
}

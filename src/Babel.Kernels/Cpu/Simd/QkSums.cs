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
    public const float Largest = QkExp.Largest;

    /// <summary>Keys summed by themselves before they join the total.</summary>
    public const int Block = 128;

    /// <summary>The three terms may be this much larger than their sum,</summary>
    private const float MostCancelled = 32f;

    /// <summary>and by this share of the rows before: what their rounding changes is then lost in those.</summary>
    private const float ShareOfOthers = 0.125f;

    /// <summary>A smaller 1 + z has lost digits: the row's probability has moved away from its peak.</summary>
    private const float LeastTotal = 1f / 16;

    /// <summary>Adds z, sum A^2 D and sum A^2 D^2 of some keys to those of <paramref name="state"/>; of one block, or fewer.</summary>
    /// <typeparam name="TRows">Lanes of the rows.</typeparam>
    /// <typeparam name="TPick">How many rows.</typeparam>
    /// <typeparam name="TForm">A linear form.</typeparam>
    /// <param name="first">[T][16], see <see cref="QkDelta{TV}"/>.</param>
    /// <param name="second">Likewise.</param>
    /// <param name="state">See <see cref="QkState"/>.</param>
    /// <param name="way">See <see cref="QkExp"/>.</param>
    /// <param name="a">The first row; 0 where a row does not see one of the keys.</param>
    /// <param name="stride">Floats to the second row.</param>
    /// <param name="from">The first key.</param>
    /// <param name="stop">Behind the last key.</param>
    public static void Add<TRows, TPick, TForm>(float* first, float* second, float* state, int way, float* a, nint stride, nint from, nint stop)
        where TRows : unmanaged, ILanes<TRows>
        where TPick : IQkRows<TRows>
        where TForm : IQkForm
    {
        switch (way)
        {
            case 0: Add<TRows, TPick, TForm, QkExp.Quarter>(first, second, state, a, stride, from, stop); break;
            case 1: Add<TRows, TPick, TForm, QkExp.Half>(first, second, state, a, stride, from, stop); break;
            case 2: Add<TRows, TPick, TForm, QkExp.One>(first, second, state, a, stride, from, stop); break;
            case 3: Add<TRows, TPick, TForm, QkExp.Two>(first, second, state, a, stride, from, stop); break;
            case 4: Add<TRows, TPick, TForm, QkExp.Four>(first, second, state, a, stride, from, stop); break;
            default: Add<TRows, TPick, TForm, QkExp.Sixteen>(first, second, state, a, stride, from, stop); break;
        }
    }

    /// <summary>The same for one row of any form.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddGeneral<TV>(in QkDelta<TV> delta, float* state, int halvings, float* a, nint from, nint stop)
        where TV : unmanaged, ILanes<TV>
    {
        var terms = delta;
        TV shift = TV.Load(state + QkState.Shift), scale = TV.Load(state + QkState.Scale), z = TV.Create(0f), first = z, second = z;
        for (nint t = from; t < stop; t++)
        {
            var d = MinusOne((terms.At<QkGeneral>(t) - shift) * scale, halvings);
            TV weight = TV.Create(a[t]), part = weight * d;
            z += part;
            first = TV.Fma(weight, part, first);
            second = TV.Fma(part, part, second);
        }

        AddTo(state, z, first, second);
    }

    /// <summary>
    /// The squared change from the three sums. Lanes of <paramref name="cancelled"/> have lost digits to the differences between them, lanes of
    /// <paramref name="moved"/> to 1 + z.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TV Change<TV>(float* state, float squares, TV before, out TV cancelled, out TV moved)
        where TV : unmanaged, ILanes<TV>
    {
        TV z = TV.Load(state + QkState.Z), first = TV.Load(state + QkState.First), second = TV.Load(state + QkState.Second), total = TV.Create(1f) + z;
        TV square = z * TV.Create(squares), twice = first + first;
        var sum = TV.Fma(z, square - twice, second);
        TV size = VectorMath.Abs(z), terms = TV.Fma(size, TV.Fma(size, TV.Create(squares), VectorMath.Abs(twice)), second);
        var divisor = total * total;
        cancelled = TV.GreaterThan(terms, TV.Fma(TV.Create(MostCancelled), sum, TV.Create(ShareOfOthers) * before * divisor));
        moved = TV.GreaterThan(TV.Create(LeastTotal), total);
        return sum / divisor;
    }

    /// <summary>For lanes that cancel: D is kept, and its difference to the finished z is what is squared. Rarely done.</summary>
    /// <param name="delta">The changes of the scores, times the state's scale already where the form is linear.</param>
    /// <param name="state">See <see cref="QkState"/>.</param>
    /// <param name="halvings">How often arguments have been halved.</param>
    /// <param name="a">The row.</param>
    /// <param name="row">Its visible keys.</param>
    /// <param name="growth">Room for D, [T][16].</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static TV InTwoPasses<TV, TForm>(in QkDelta<TV> delta, float* state, int halvings, float* a, QkRow row, float* growth)
        where TV : unmanaged, ILanes<TV>
        where TForm : IQkForm
    {
        TV shift = TV.Load(state + QkState.Shift), scale = TV.Load(state + QkState.Scale), zero = TV.Create(0f), one = TV.Create(1f), z = zero;
        for (nint start = row.First / Block * Block; start < row.End; start += Block)
        {
            TV sum = zero;
            nint stop = Math.Min(row.End, start + Block);
            for (nint t = Math.Max(row.First, start); t < stop; t++)
            {
                var x = delta.At<TForm>(t) - shift;
                var d = MinusOne(TForm.General ? x * scale : x, halvings);
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
    private static void Add<TRows, TPick, TForm, TWay>(float* keys, float* others, float* state, float* a, nint stride, nint from, nint stop)
        where TRows : unmanaged, ILanes<TRows>
        where TPick : IQkRows<TRows>
        where TForm : IQkForm
        where TWay : QkExp.IWay
    {
        TRows own = TRows.Load(state + QkState.Own), partner = TRows.Load(state + QkState.Partner), shift = TRows.Load(state + QkState.Shift);
        TRows z = TRows.Create(0f), first = z, second = z;
        for (nint t = from; t < stop; t++)
        {
            var x = own * TPick.Key(keys + (16 * t));
            if (TForm.Pair) x = TRows.Fma(partner, TPick.Key(others + (16 * t)), x);
            var d = QkExp.MinusOne<TRows, TWay>(x - shift);
            TRows weight = TPick.Weight(a + t, stride), part = weight * d;
            z += part;
            first = TRows.Fma(weight, part, first);
            second = TRows.Fma(part, part, second);
        }

        AddTo(state, z, first, second);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddTo<TRows>(float* state, TRows z, TRows first, TRows second)
        where TRows : unmanaged, ILanes<TRows>
    {
        TRows.Store(TRows.Load(state + QkState.Z) + z, state + QkState.Z);
        TRows.Store(TRows.Load(state + QkState.First) + first, state + QkState.First);
        TRows.Store(TRows.Load(state + QkState.Second) + second, state + QkState.Second);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TV MinusOne<TV>(TV x, int halvings)
        where TV : unmanaged, ILanes<TV>
    {
        var d = QkExp.MinusOne<TV, QkExp.One>(x);
        for (int h = 0; h < halvings; h++) d = TV.Fma(d, d, d + d);
        return d;
    }
}

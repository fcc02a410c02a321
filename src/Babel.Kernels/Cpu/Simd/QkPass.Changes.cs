using System.Runtime.CompilerServices;

namespace Babel.Kernels.Cpu.Simd;

/// <content>From a tile of softmax rows to sums of squared changes.</content>
internal unsafe ref partial struct QkPass<TV>
{
    // What is kept of each row of the tile, for 16 dimensions: [9][16].
    private const int Own = 0, Partner = 16, Norm = 32, Scale = 48, Shift = 64, Huge = 80, Totals = 96, StateFloats = 144;

    private readonly void AddChanges(in Side side, int row, int count, QkRow* rows)
    {
        float scale = _scoreForm == QkScoreForm.Repo ? -1 : -_spec.Scale;
        for (int r = 0; r < count; r++) FillFactors(side, row + r, scale, side.Factors + (r * 3 * _dims));
        for (int v = 0; v < _parts; v++)
        {
            if (_general) AddChanges<QkGeneral>(side, v, row, count, rows);
            else if (side.Kind == QkSide.Both || _half == 0) AddChanges<QkSingle>(side, v, row, count, rows);
            else AddChanges<QkPair>(side, v, row, count, rows);
        }
    }

    /// <summary>16 dimensions: block by block of keys, which stay in cache while the rows of the tile meet them.</summary>
    private readonly void AddChanges<TForm>(in Side side, int v, int row, int count, QkRow* rows)
        where TForm : IQkForm
    {
        int* halvings = stackalloc int[count];
        for (int r = 0; r < count; r++) halvings[r] = Begin<TForm>(side, v, row + r, r, rows[r]);
        for (nint start = rows[0].First / QkSums.Block * QkSums.Block; start < rows[count - 1].End; start += QkSums.Block)
        {
            for (int r = 0; r < count; r++)
            {
                nint from = Math.Max(start, rows[r].First), stop = Math.Min(start + QkSums.Block, rows[r].End);
                if (from >= stop) continue;
                float* state = _state + (r * StateFloats);
                QkSums.Add<TV, TForm>(
                    Delta(side, v, r), TV.Load(state + Shift), TV.Load(state + Scale), halvings[r], _softmax + (r * (nint)_padded), from, stop, state + Totals);
            }
        }

        for (int r = 0; r < count; r++) Finish<TForm>(side, v, r, halvings[r], rows[r]);
    }

    /// <summary>Prepares the state of a row, whose own key joins those in <see cref="Side.Range"/>, and says how often to halve.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly int Begin<TForm>(in Side side, int v, int key, int r, QkRow row)
        where TForm : IQkForm
    {
        float* state = _state + (r * StateFloats);
        float* factors = side.Factors + (r * 3 * _dims) + (v * TV.Count);
        TV own = TV.Load(factors), partner = TV.Load(factors + _dims);
        var reach = Reach<TForm>(side, v, key, factors, row, out TV first, out TV second);
        var huge = TV.GreaterThan(reach, TV.Create(QkSums.Largest));
        int halvings = QkSums.Halvings(TV.Select(huge, TV.Create(0f), reach));

        // Lanes that change too much are left out here, and done by themselves in the end.
        var scale = TV.Select(huge, TV.Create(0f), TV.Create(1f / (1 << halvings)));
        var factor = TForm.General ? TV.Create(1f) : scale;
        own *= factor;
        partner *= factor;
        TV.Store(own, state + Own);
        TV.Store(partner, state + Partner);
        TV.Store(scale, state + Scale);
        TV.Store(huge, state + Huge);
        if (TForm.General) TV.Store(TV.Load(factors + (2 * _dims)), state + Norm);

        // As QkDelta multiplies: at the peak nothing must be left.
        var shift = own * first;
        if (TForm.Pair) shift = TV.Fma(partner, second, shift);
        if (TForm.General && row.IsPeaked) shift = Delta(side, v, r).At<TForm>(row.Peak);
        TV.Store(shift, state + Shift);
        new Span<float>(state + Totals, 3 * TV.Count).Clear();
        return halvings;
    }

    /// <summary>No |delta - delta*| of the visible keys is larger; delta* is that of <paramref name="first"/> and <paramref name="second"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly TV Reach<TForm>(in Side side, int v, int key, float* factors, QkRow row, out TV first, out TV second)
        where TForm : IQkForm
    {
        nint matrix = (nint)v * _length * TV.Count, at = matrix + (key * (nint)TV.Count), peak = matrix + (row.Peak * TV.Count);
        float* range = side.Range + (v * TV.Count);
        float* third = range + (6 * _dims);
        TV share = TV.Create(1f / (key + 1)), zero = TV.Create(0f);
        var (leastFirst, mostFirst, sumFirst) = Join(range, side.First + at, key == 0);
        var (leastSecond, mostSecond, sumSecond) = TForm.Pair ? Join(range + (3 * _dims), side.Second + at, key == 0) : (zero, zero, zero);
        first = row.IsPeaked ? TV.Load(side.First + peak) : share * sumFirst;
        second = !TForm.Pair ? zero : row.IsPeaked ? TV.Load(side.Second + peak) : share * sumSecond;
        TV a = VectorMath.Abs(TV.Load(factors)), b = VectorMath.Abs(TV.Load(factors + _dims));
        if (!TForm.General)
        {
            var reach = a * TV.Max(mostFirst - first, first - leastFirst);
            return TForm.Pair ? TV.Fma(b, TV.Max(mostSecond - second, second - leastSecond), reach) : reach;
        }

        // A cap makes changes smaller, but may make their differences larger.
        var growth = VectorMath.Abs(TV.Load(side.Third + at));
        growth = key == 0 ? growth : TV.Max(TV.Load(third), growth);
        TV.Store(growth, third);
        var norms = VectorMath.Abs(TV.Load(factors + (2 * _dims))) + growth;
        var bound = TV.Fma(a, Size(leastFirst, mostFirst), TV.Fma(b, Size(leastSecond, mostSecond), norms * TV.Create(row.Largest)));
        return bound + bound;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TV Size(TV least, TV most) => TV.Max(VectorMath.Abs(least), VectorMath.Abs(most));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly (TV Least, TV Most, TV Sum) Join(float* range, float* key, bool isFirst)
    {
        var value = TV.Load(key);
        TV least = isFirst ? value : TV.Min(TV.Load(range), value), most = isFirst ? value : TV.Max(TV.Load(range + _dims), value);
        TV.Store(least, range);
        TV.Store(most, range + _dims);
        var sum = isFirst ? value : TV.Load(range + (2 * _dims)) + value;
        TV.Store(sum, range + (2 * _dims));
        return (least, most, sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Finish<TForm>(in Side side, int v, int r, int halvings, QkRow row)
        where TForm : IQkForm
    {
        float* state = _state + (r * StateFloats);
        float* sums = side.Sums + (v * TV.Count);
        var before = TV.Load(sums);
        var change = QkSums.Change(state + Totals, row.Squares, before, out TV cancelled, out TV moved);
        moved = TV.Or(moved, TV.Load(state + Huge));
        if (TV.Any(TV.Or(cancelled, moved))) change = Again<TForm>(side, v, r, halvings, row, change, cancelled, moved);

        // Added without loss (Knuth's two-sum), so that no rounding of a sum depends on how many rows there are.
        TV after = before + change, added = after - before;
        TV.Store(after, sums);
        TV.Store(TV.Load(sums + _dims) + ((before - (after - added)) + (change - added)), sums + _dims);
    }

    /// <summary>The lanes that the three sums cannot tell.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly TV Again<TForm>(in Side side, int v, int r, int halvings, QkRow row, TV change, TV cancelled, TV moved)
        where TForm : IQkForm
    {
        float* state = _state + (r * StateFloats);
        float* a = _softmax + (r * (nint)_padded);
        if (TV.Any(cancelled))
        {
            var careful = QkSums.InTwoPasses<TV, TForm>(Delta(side, v, r), TV.Load(state + Shift), TV.Load(state + Scale), halvings, a, row, _growth);
            change = TV.Select(cancelled, careful, change);
        }

        if (!TV.Any(moved)) return change;
        float* factors = side.Factors + (r * 3 * _dims) + (v * TV.Count);
        for (int i = 0; i < 2; i++) TV.Store(TV.Load(factors + (i * _dims)), state + Own + (i * TV.Count));
        return TV.Select(moved, QkSums.OfHuge<TV, TForm>(Delta(side, v, r), a, _scores + (r * (nint)_padded), row, _growth), change);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly QkDelta<TV> Delta(in Side side, int v, int r)
    {
        nint matrix = (nint)v * _length * TV.Count;
        float* state = _state + (r * StateFloats);
        return new QkDelta<TV>
        {
            Own = TV.Load(state + Own),
            Partner = TV.Load(state + Partner),
            Norm = TV.Load(state + Norm),
            First = side.First + matrix,
            Second = side.Second + matrix,
            Third = side.Third + matrix,
            Scaled = _scaled + (r * (nint)_padded),
            Cap = _spec.SoftCap,
        };
    }
}

using System.Runtime.CompilerServices;

namespace Babel.Kernels.Cpu.Simd;

/// <content>From a tile of softmax rows to sums of squared changes.</content>
internal unsafe ref partial struct QkPass<TV>
{
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

    /// <summary>16 dimensions of the rows of a tile, which meet the keys two by two.</summary>
    private readonly void AddChanges<TForm>(in Side side, int v, int row, int count, QkRow* rows)
        where TForm : IQkForm
    {
        for (int r = 0; r < count; r += 2)
        {
            // The two of a pair see nearly the same keys, and share their range and the way of e^x - 1: so the bits are the same whether they are summed together or not.
            if (r + 1 < count && !TForm.General)
            {
                AddRows<TForm>(side, v, row + r, r, 2, rows);
                continue;
            }

            AddRows<TForm>(side, v, row + r, r, 1, rows);
            if (r + 1 < count) AddRows<TForm>(side, v, row + r + 1, r + 1, 1, rows);
        }
    }

    /// <summary>16 dimensions of one row, the query of <paramref name="key"/>, or two.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void AddRows<TForm>(in Side side, int v, int key, int r, int count, QkRow* rows)
        where TForm : IQkForm
    {
        for (int i = 0; i < count; i++) Center<TForm>(side, v, key + i, rows[r + i], side.Factors + ((r + i) * 3 * _dims) + (v * TV.Count), _state + (i * QkState.Row));
        var reach = TV.Create(0f);
        for (int i = 0; i < count; i++) reach = TV.Max(reach, Reach<TForm>(side, v, rows[r + i], _state + (i * QkState.Row)));
        int way = QkExp.Way(reach);
        for (int i = 0; i < count; i++) Begin<TForm>(side, v, r + i, way, rows[r + i], _state + (i * QkState.Row));

        nint matrix = (nint)v * _length * TV.Count, end = rows[r + count - 1].End;
        for (nint start = rows[r].First; start < end;)
        {
            nint stop = Math.Min((start / QkSums.Block * QkSums.Block) + QkSums.Block, end);
            Add<TForm>(side, v, r, count, way, matrix, start, stop);
            start = stop;
        }

        for (int i = 0; i < count; i++) Finish<TForm>(side, v, r + i, QkExp.Halvings(way), rows[r + i], _state + (i * QkState.Row));
    }

    /// <summary>Adds keys of one block.</summary>
    private readonly void Add<TForm>(in Side side, int v, int r, int count, int way, nint matrix, nint from, nint stop)
        where TForm : IQkForm
    {
        float* a = _softmax + (r * (nint)_padded);
        if (TForm.General)
        {
            QkSums.AddGeneral(Delta(side, v, r, _state), _state, QkExp.Halvings(way), a, from, stop);
            return;
        }

        // Two rows need as many registers as only 512-bit vectors have.
        float* first = side.First + matrix, second = side.Second + matrix;
        if (count == 2 && typeof(TV) == typeof(WideAvx512))
        {
            QkSums.Add<Twin<TV>, QkTwoRows<TV>, TForm>(first, second, _state, way, a, _padded, from, stop);
            return;
        }

        for (int i = 0; i < count; i++)
            QkSums.Add<TV, QkOneRow<TV>, TForm>(first, second, _state + (i * QkState.Row), way, a + (i * (nint)_padded), 0, from, stop);
    }

    /// <summary>Lets a key join those that later rows see, and notes what its own row is measured from: delta* = own factor times shift + partner's times scale.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void Center<TForm>(in Side side, int v, int key, QkRow row, float* factors, float* state)
        where TForm : IQkForm
    {
        nint matrix = (nint)v * _length * TV.Count, at = matrix + (key * (nint)TV.Count), peak = matrix + (row.Peak * TV.Count);
        float* range = side.Range + (v * TV.Count);
        TV share = TV.Create(1f / (key + 1)), first = Join(range, side.First + at);
        TV.Store(row.IsPeaked ? TV.Load(side.First + peak) : share * first, state + QkState.Shift);
        TV.Store(TV.Load(factors), state + QkState.Own);
        if (TForm.Pair)
        {
            var second = Join(range + (3 * _dims), side.Second + at);
            TV.Store(row.IsPeaked ? TV.Load(side.Second + peak) : share * second, state + QkState.Scale);
            TV.Store(TV.Load(factors + _dims), state + QkState.Partner);
        }

        if (!TForm.General) return;
        TV.Store(TV.Load(factors + (2 * _dims)), state + QkState.Norm);
        float* third = range + (6 * _dims);
        TV.Store(TV.Max(TV.Load(third), VectorMath.Abs(TV.Load(side.Third + at))), third);
    }

    /// <summary>No |delta - delta*| of the keys so far is larger; lanes where it is too large are left out, and noted.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly TV Reach<TForm>(in Side side, int v, QkRow row, float* state)
        where TForm : IQkForm
    {
        float* range = side.Range + (v * TV.Count);
        float* others = range + (3 * _dims);
        TV a = VectorMath.Abs(TV.Load(state + QkState.Own)), b = VectorMath.Abs(TV.Load(state + QkState.Partner)), reach;
        if (TForm.General)
        {
            // A cap makes changes smaller, but may make their differences larger.
            var norms = VectorMath.Abs(TV.Load(state + QkState.Norm)) + TV.Load(range + (6 * _dims));
            var bound = TV.Fma(a, Size(range), TV.Fma(b, Size(others), norms * TV.Create(row.Largest)));
            reach = bound + bound;
        }
        else
        {
            reach = a * Distance(range, TV.Load(state + QkState.Shift));
            if (TForm.Pair) reach = TV.Fma(b, Distance(others, TV.Load(state + QkState.Scale)), reach);
        }

        var huge = TV.GreaterThan(reach, TV.Create(QkSums.Largest));
        TV.Store(huge, state + QkState.Huge);
        return TV.Select(huge, TV.Create(0f), reach);
    }

    /// <summary>Completes the state of a row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void Begin<TForm>(in Side side, int v, int r, int way, QkRow row, float* state)
        where TForm : IQkForm
    {
        TV zero = TV.Create(0f), scale = TV.Select(TV.Load(state + QkState.Huge), zero, TV.Create(QkExp.Scale(way)));
        TV own = TV.Load(state + QkState.Own), partner = TV.Load(state + QkState.Partner);
        if (!TForm.General)
        {
            own *= scale;
            partner *= scale;
            TV.Store(own, state + QkState.Own);
            TV.Store(partner, state + QkState.Partner);
        }

        // As the sums multiply: at the peak nothing must be left.
        var shift = own * TV.Load(state + QkState.Shift);
        if (TForm.Pair) shift = TV.Fma(partner, TV.Load(state + QkState.Scale), shift);
        if (TForm.General && row.IsPeaked) shift = Delta(side, v, r, state).At<TForm>(row.Peak);
        TV.Store(shift, state + QkState.Shift);
        TV.Store(scale, state + QkState.Scale);
        TV.Store(zero, state + QkState.Z);
        TV.Store(zero, state + QkState.First);
        TV.Store(zero, state + QkState.Second);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly TV Size(float* range) => TV.Max(VectorMath.Abs(TV.Load(range)), VectorMath.Abs(TV.Load(range + _dims)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly TV Distance(float* range, TV from) => TV.Max(TV.Load(range + _dims) - from, from - TV.Load(range));

    /// <summary>Widens least and most of a range, and returns the sum so far.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly TV Join(float* range, float* key)
    {
        var value = TV.Load(key);
        TV.Store(TV.Min(TV.Load(range), value), range);
        TV.Store(TV.Max(TV.Load(range + _dims), value), range + _dims);
        var sum = TV.Load(range + (2 * _dims)) + value;
        TV.Store(sum, range + (2 * _dims));
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void Finish<TForm>(in Side side, int v, int r, int halvings, QkRow row, float* state)
        where TForm : IQkForm
    {
        float* sums = side.Sums + (v * TV.Count);
        var before = TV.Load(sums);
        var change = QkSums.Change(state, row.Squares, before, out TV cancelled, out TV moved);
        moved = TV.Or(moved, TV.Load(state + QkState.Huge));
        if (TV.Any(TV.Or(cancelled, moved))) change = Again<TForm>(side, v, r, halvings, row, state, change, cancelled, moved);

        // Added without loss (Knuth's two-sum), so that no rounding of a sum depends on how many rows there are.
        TV after = before + change, added = after - before;
        TV.Store(after, sums);
        TV.Store(TV.Load(sums + _dims) + ((before - (after - added)) + (change - added)), sums + _dims);
    }

    /// <summary>The lanes that the three sums cannot tell.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly TV Again<TForm>(in Side side, int v, int r, int halvings, QkRow row, float* state, TV change, TV cancelled, TV moved)
        where TForm : IQkForm
    {
        float* a = _softmax + (r * (nint)_padded);
        if (TV.Any(cancelled))
        {
            var careful = QkSums.InTwoPasses<TV, TForm>(Delta(side, v, r, state), state, halvings, a, row, _growth);
            change = TV.Select(cancelled, careful, change);
        }

        if (!TV.Any(moved)) return change;
        float* factors = side.Factors + (r * 3 * _dims) + (v * TV.Count);
        TV.Store(TV.Load(factors), state + QkState.Own);
        TV.Store(TV.Load(factors + _dims), state + QkState.Partner);
        return TV.Select(moved, QkSums.OfHuge<TV, TForm>(Delta(side, v, r, state), a, _scores + (r * (nint)_padded), row, _growth), change);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly QkDelta<TV> Delta(in Side side, int v, int r, float* state)
    {
        nint matrix = (nint)v * _length * TV.Count;
        return new QkDelta<TV>
        {
            Own = TV.Load(state + QkState.Own),
            Partner = TV.Load(state + QkState.Partner),
            Norm = TV.Load(state + QkState.Norm),
            First = side.First + matrix,
            Second = side.Second + matrix,
            Third = side.Third + matrix,
            Scaled = _scaled + (r * (nint)_padded),
            Cap = _spec.SoftCap,
        };
    }
}

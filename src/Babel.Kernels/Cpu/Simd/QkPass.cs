using System.Runtime.CompilerServices;

namespace Babel.Kernels.Cpu.Simd;

/// <summary>
/// One head of one sequence: softmax rows a few queries at a time, and for each the squared change for all d dimensions.
/// </summary>
/// <remarks>
/// With ' for rotated values, b the partner of a in its pair, c and s the cosine and sine of the pair's angle (and 1 and 0 outside of the
/// rotation), rho the growth of the rest of a head that its norm causes, and + for the first half of the pairs, - for the second:
/// <code>
/// query a off:  delta_ij = (rho_i - 1) y_ij - rho_i Scale q_a(i) ( c_i k'_a(j) +- s_i k'_b(j) )
/// key a off:    delta_ij = (rho_j - 1) y_ij - Scale ( q'_a(i) c_j +- q'_b(i) s_j ) rho_j k_a(j)
/// </code>
/// so each is <see cref="QkDelta{TV}"/> with factors of the query row and matrices of the keys.
/// </remarks>
internal unsafe ref struct QkPass<TV>
    where TV : unmanaged, ILanes<TV>
{
    private const int Panel = PanelLayout.Width;

    private readonly CpuDevice _device;
    private readonly QkScoreInputs _inputs;
    private readonly AttentionSpec _spec;
    private readonly ScoreForm _form;
    private readonly SequenceSpan _span;
    private readonly int _head;
    private readonly int _kvHead;
    private readonly int _length;
    private readonly int _padded;
    private readonly int _parts;
    private readonly int _dims;
    private readonly bool _general;

    private float* _keys;       // [T/32][d][32]
    private float* _query;      // [d][h]
    private float* _scaled;     // [h][T]: Scale q.k
    private float* _scores;     // [h][T]: with cap and ALiBi
    private float* _softmax;    // [h][T]
    private float* _first;      // [d/16][T][16], see QkDelta
    private float* _second;
    private float* _third;
    private float* _factors;    // own, partner, norm: [3][d]
    private float* _bounds;     // largest |First|, |Second|, |Third| over the keys: [3][d]
    private float* _row;        // working vectors, zero behind d: [3][d]
    private float* _zeros;      // [d]

    /// <summary>Prepares the head.</summary>
    public QkPass(CpuDevice device, QkScoreInputs inputs, AttentionSpec spec, SequenceSpan span, int head)
    {
        _device = device;
        _inputs = inputs;
        _spec = spec;
        _form = new ScoreForm(spec);
        _span = span;
        _head = head;
        _kvHead = head / spec.Group;
        _length = span.QueryLength;
        _padded = (_length + Panel - 1) / Panel * Panel;
        _parts = (spec.HeadDim + TV.Count - 1) / TV.Count;
        _dims = _parts * TV.Count;
        _general = inputs.RawQ is not null || inputs.RawK is not null || spec.SoftCap > 0;
    }

    /// <summary>Floats that <see cref="Place"/> needs.</summary>
    public readonly long ScratchFloats
    {
        get
        {
            long tile = _device.Kernels.Tallest, matrix = (long)_parts * _length * TV.Count;
            return ((long)_padded * _spec.HeadDim) + (tile * _spec.HeadDim) + (3 * tile * _padded) + (3 * matrix) + (10L * _dims);
        }
    }

    private readonly int Tallest => _device.Kernels.Tallest;

    private readonly nint Width => (nint)_spec.Heads * _spec.HeadDim;

    private readonly nint KvWidth => (nint)_spec.KvHeads * _spec.HeadDim;

    /// <summary>Divides up the scratch memory and packs the keys.</summary>
    public void Place(float* memory)
    {
        nint matrix = (nint)_parts * _length * TV.Count;
        _keys = memory;
        _query = _keys + ((nint)_padded * _spec.HeadDim);
        _scaled = _query + (Tallest * _spec.HeadDim);
        _scores = _scaled + (Tallest * (nint)_padded);
        _softmax = _scores + (Tallest * (nint)_padded);
        _first = _softmax + (Tallest * (nint)_padded);
        _second = _first + matrix;
        _third = _second + matrix;
        _factors = _third + matrix;
        _bounds = _factors + (3 * _dims);
        _row = _bounds + (3 * _dims);
        _zeros = _row + (3 * _dims);
        new Span<float>(_row, 4 * _dims).Clear();
        for (int t = 0; t < _padded; t += 4)
        {
            float* to = _keys + (t / Panel * Panel * (nint)_spec.HeadDim) + (t % Panel);
            Transpose4.ToColumns(KeyOrZeros(t), KeyOrZeros(t + 1), KeyOrZeros(t + 2), KeyOrZeros(t + 3), _spec.HeadDim, to, Panel);
        }
    }

    /// <summary>Sums the changes over the query rows into <paramref name="sums"/> [d].</summary>
    public readonly void Compute(QkSide side, QkScoreForm form, double* sums)
    {
        new Span<double>(sums, _dims).Clear();
        FillMatrices(side);
        for (int row = 0; row < _length; row += Tallest)
        {
            int rows = Math.Min(Tallest, _length - row);
            ScoreRows(row, rows);
            for (int r = 0; r < rows; r++)
            {
                FillFactors(side, row + r, form == QkScoreForm.Repo ? 1 : _spec.Scale);
                AddChanges(row + r, r, side, form, sums);
            }
        }
    }

    private readonly float* Query(TensorView x, int t) => Operand.Floats(x) + ((_span.QueryStart + (nint)t) * Width) + ((nint)_head * _spec.HeadDim);

    private readonly float* Key(TensorView x, int t) => Operand.Floats(x) + ((_span.QueryStart + (nint)t) * KvWidth) + ((nint)_kvHead * _spec.HeadDim);

    private readonly float* KeyOrZeros(int t) => t < _length ? Key(_inputs.RotatedK, t) : _zeros;

    private readonly int FirstVisible(int row) => _spec.Window > 0 ? Math.Max(0, row - _spec.Window + 1) : 0;

    /// <summary>The matrices of the keys, and the largest of each column.</summary>
    private readonly void FillMatrices(QkSide side)
    {
        new Span<float>(_bounds, 3 * _dims).Clear();
        for (int t = 0; t < _length; t++)
        {
            float* raw = side == QkSide.Key && _inputs.RawK is { } r ? Key(r, t) : null;
            if (side == QkSide.Key) TurnedHead(Key(_inputs.K, t), raw, t);
            else PairedHead(Key(_inputs.RotatedK, t));
            for (int v = 0; v < _parts; v++)
            {
                nint at = (((nint)v * _length) + t) * TV.Count;
                Move(_first + at, 0, v);
                Move(_second + at, 1, v);
                Move(_third + at, 2, v);
            }
        }
    }

    /// <summary>Moves part <paramref name="v"/> of a working vector into its matrix and raises the bounds to it.</summary>
    private readonly void Move(float* matrix, int which, int v)
    {
        nint at = (which * _dims) + (v * TV.Count);
        var value = TV.Load(_row + at);
        TV.Store(value, matrix);
        TV.Store(TV.Max(TV.Load(_bounds + at), VectorMath.Abs(value)), _bounds + at);
    }

    /// <summary>The factors of a query row.</summary>
    private readonly void FillFactors(QkSide side, int row, float scale)
    {
        float* raw = side == QkSide.Query && _inputs.RawQ is { } r ? Query(r, row) : null;
        if (side == QkSide.Query) TurnedHead(Query(_inputs.Q, row), raw, row);
        else PairedHead(Query(_inputs.RotatedQ, row));
        if (side == QkSide.Both) new Span<float>(_row + _dims, _dims).Clear();
        var factor = TV.Create(scale);
        for (int a = 0; a < _dims; a += TV.Count)
        {
            TV.Store(factor * TV.Load(_row + a), _factors + a);
            TV.Store(factor * TV.Load(_row + _dims + a), _factors + _dims + a);
            TV.Store(TV.Load(_row + (2 * _dims) + a), _factors + (2 * _dims) + a);
        }
    }

    /// <summary>
    /// Working vectors of the head whose neurons go off: <c>rho x_a c</c>, <c>+- rho x_a s</c> and <c>rho - 1</c>.
    /// </summary>
    private readonly void TurnedHead(float* own, float* raw, int t)
    {
        float* turned = _row;
        float* crossed = _row + _dims;
        float* growth = _row + (2 * _dims);
        new Span<float>(growth, _dims).Clear();
        if (raw != null)
        {
            double all = SumOfSquares(raw);
            for (int a = 0; a < _spec.HeadDim; a++) growth[a] = Growth(all, raw[a]);
        }

        for (int a = 0; a < _spec.HeadDim; a++) (turned[a], crossed[a]) = (own[a] + (own[a] * growth[a]), 0);
        if (_inputs.Rotary is not { } rotary) return;
        int half = rotary.Width / 2;
        nint position = RowIndex.Checked(Operand.Ints(rotary.Rows)[_span.QueryStart + t], rotary.Cos.Shape.Rows, t, "QkScores: rotary rows");
        float* cos = Operand.Floats(rotary.Cos) + (position * half);
        float* sin = Operand.Floats(rotary.Sin) + (position * half);
        for (int a = 0; a < half; a++)
        {
            float x = turned[a], y = turned[a + half];
            (turned[a], crossed[a]) = (x * cos[a], x * sin[a]);
            (turned[a + half], crossed[a + half]) = (y * cos[a], -(y * sin[a]));
        }
    }

    /// <summary>Working vectors of the head that stays: <c>x'_a</c>, <c>x'_b</c> and nothing.</summary>
    private readonly void PairedHead(float* rotated)
    {
        int half = _inputs.Rotary is { } rotary ? rotary.Width / 2 : 0, d = _spec.HeadDim;
        var head = new ReadOnlySpan<float>(rotated, d);
        head.CopyTo(new Span<float>(_row, d));
        head[half..(2 * half)].CopyTo(new Span<float>(_row + _dims, half));
        head[..half].CopyTo(new Span<float>(_row + _dims + half, half));
        head[(2 * half)..].CopyTo(new Span<float>(_row + _dims + (2 * half), d - (2 * half)));
        new Span<float>(_row + (2 * _dims), _dims).Clear();
    }

    /// <summary>rho - 1: by how much the root mean square shrinks when one value goes.</summary>
    private readonly float Growth(double all, float value)
    {
        double before = (all / _spec.HeadDim) + _inputs.NormEpsilon, gone = (double)value * value / _spec.HeadDim;

        // sqrt(b/(b-g)) - 1 = g/(b-g) / (sqrt(b/(b-g)) + 1): digits kept where g is small.
        double rest = before - gone;
        return (float)(gone / rest / (Math.Sqrt(before / rest) + 1));
    }

    private readonly double SumOfSquares(float* x)
    {
        double sum = 0;
        for (int c = 0; c < _spec.HeadDim; c++) sum += (double)x[c] * x[c];
        return sum;
    }

    /// <summary>Scores and softmax of neighbouring query rows.</summary>
    private readonly void ScoreRows(int row, int rows)
    {
        for (int r = 0; r < rows; r++)
        {
            float* q = Query(_inputs.RotatedQ, row + r);
            for (int c = 0; c < _spec.HeadDim; c++) _query[(c * rows) + r] = q[c];
        }

        var product = _device.Kernels.Float(rows);
        for (int t = 0; t < row + rows; t += Panel)
            product(_query, _keys + (t * (nint)_spec.HeadDim), null, _scaled + t, _padded, _spec.HeadDim);
        for (int r = 0; r < rows; r++) Softmax(row + r, r * (nint)_padded);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Softmax(int row, nint at)
    {
        float* part = stackalloc float[TV.Count];
        for (int j = 0; j < TV.Count; j++) part[j] = j;
        TV lanes = TV.Load(part), hidden = TV.Create(float.NegativeInfinity), largest = TV.Create(AttentionBlock.NoMaximum);
        TV slope = TV.Create(_form.Slope(_head)), last = TV.Create(row), first = TV.Create(FirstVisible(row)), scale = TV.Create(_spec.Scale);
        int from = FirstVisible(row) / TV.Count * TV.Count;
        for (int t = from; t <= row; t += TV.Count)
        {
            var position = lanes + TV.Create(t);
            var dot = TV.Load(_scaled + at + t);
            var s = _form.Finish(dot, slope, position);
            s = TV.Select(TV.GreaterThan(position, last), hidden, s);
            s = TV.Select(TV.GreaterThan(first, position), hidden, s);
            TV.Store(dot * scale, _scaled + at + t);
            TV.Store(s, _scores + at + t);
            largest = TV.Max(largest, s);
        }

        TV.Store(largest, part);
        float max = part[0];
        for (int j = 1; j < TV.Count; j++) max = part[j] > max ? part[j] : max;

        TV shift = TV.Create(max), sum = TV.Create(0f);
        for (int t = from; t <= row; t += TV.Count)
        {
            var p = VectorMath.Exp(TV.Load(_scores + at + t) - shift);
            TV.Store(p, _softmax + at + t);
            sum += p;
        }

        TV.Store(sum, part);
        double total = 0;
        for (int j = 0; j < TV.Count; j++) total += part[j];
        var divisor = TV.Create((float)total);
        for (int t = from; t <= row; t += TV.Count) TV.Store(TV.Load(_softmax + at + t) / divisor, _softmax + at + t);
    }

    private readonly void AddChanges(int row, int r, QkSide side, QkScoreForm form, double* sums)
    {
        nint at = r * (nint)_padded, first = FirstVisible(row), end = row + 1;
        float squares = 0, largest = 0;
        for (nint t = first; t < end; t++)
        {
            squares += _softmax[at + t] * _softmax[at + t];
            largest = Math.Max(largest, Math.Abs(_scaled[at + t]));
        }

        float* part = stackalloc float[TV.Count];
        for (int v = 0; v < _parts; v++)
        {
            nint matrix = (nint)v * _length * TV.Count;
            float* factors = _factors + (v * TV.Count);
            var delta = new QkDelta<TV>
            {
                Own = TV.Load(factors),
                Partner = TV.Load(factors + _dims),
                Norm = TV.Load(factors + (2 * _dims)),
                First = _first + matrix,
                Second = _second + matrix,
                Third = _third + matrix,
                Scaled = _scaled + at,
                Cap = _spec.SoftCap,
            };
            float bound = Bound(v, largest);
            TV change;
            if (form == QkScoreForm.Repo || (!_general && _inputs.Rotary is null)) change = Change<QkSingle>(delta, bound, at, first, end, squares);
            else if (!_general) change = Change<QkPair>(delta, bound, at, first, end, squares);
            else change = Change<QkGeneral>(delta, bound, at, first, end, squares);
            TV.Store(change, part);
            for (int j = 0; j < TV.Count; j++) sums[(v * TV.Count) + j] += part[j];
        }
    }

    private readonly TV Change<TForm>(QkDelta<TV> delta, float bound, nint at, nint first, nint end, float squares)
        where TForm : IQkForm => bound switch
        {
            <= QkSums.Small => QkSums.OfSmall<TV, TForm>(delta, _softmax + at, first, end, squares),
            <= QkSums.Large => QkSums.OfAny<TV, TForm>(delta, _softmax + at, first, end, squares),
            _ => QkSums.OfHuge<TV, TForm>(delta, _softmax + at, _scores + at, first, end, squares),
        };

    /// <summary>No |delta| of these 16 dimensions is larger; a cap only makes changes smaller.</summary>
    private readonly float Bound(int v, float largest)
    {
        float bound = 0;
        for (int a = v * TV.Count; a < (v + 1) * TV.Count; a++)
        {
            float products = (Math.Abs(_factors[a]) * _bounds[a]) + (Math.Abs(_factors[_dims + a]) * _bounds[_dims + a]);
            float norms = _general ? largest * (Math.Abs(_factors[(2 * _dims) + a]) + _bounds[(2 * _dims) + a]) : 0;
            bound = Math.Max(bound, products + norms);
        }

        return bound;
    }
}

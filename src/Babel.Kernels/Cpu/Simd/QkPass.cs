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
internal unsafe ref partial struct QkPass<TV>
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
    private float* _growth;     // [T][16], see QkSums
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
            return ((long)_padded * _spec.HeadDim) + (tile * _spec.HeadDim) + (3 * tile * _padded) + (3 * matrix) + ((long)_length * TV.Count) + (10L * _dims);
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
        _growth = _third + matrix;
        _factors = _growth + ((nint)_length * TV.Count);
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

    private readonly float* Query(TensorView x, int t) =>
        Operand.Floats(x) + ((_span.QueryStart + (nint)t) * Width) + ((nint)_head * _spec.HeadDim);

    private readonly float* Key(TensorView x, int t) =>
        Operand.Floats(x) + ((_span.QueryStart + (nint)t) * KvWidth) + ((nint)_kvHead * _spec.HeadDim);

    private readonly float* KeyOrZeros(int t) => t < _length ? Key(_inputs.RotatedK, t) : _zeros;

    private readonly int FirstVisible(int row) => _spec.Window > 0 ? Math.Max(0, row - _spec.Window + 1) : 0;

    /// <summary>Scores and softmax of neighbouring query rows.</summary>
    private readonly void ScoreRows(int row, int rows)
    {
        for (int r = 0; r < rows; r++)
        {
            float* q = Query(_inputs.RotatedQ, row + r);
            for (int c = 0; c < _spec.HeadDim; c++) _query[(c * rows) + r] = q[c];
        }

        var product = _device.Kernels.Float(rows);
        for (int t = FirstVisible(row) / Panel * Panel; t < row + rows; t += Panel)
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
        nint at = r * (nint)_padded, first = FirstVisible(row), end = row + 1, peak = first;
        float largest = 0;
        for (nint t = first; t < end; t++)
        {
            if (_softmax[at + t] > _softmax[at + peak]) peak = t;
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
            if (form == QkScoreForm.Repo || (!_general && _inputs.Rotary is null)) change = Change<QkSingle>(delta, bound, at, peak, first, end);
            else if (!_general) change = Change<QkPair>(delta, bound, at, peak, first, end);
            else change = Change<QkGeneral>(delta, bound, at, peak, first, end);
            TV.Store(change, part);
            for (int j = 0; j < TV.Count; j++) sums[(v * TV.Count) + j] += part[j];
        }
    }

    private readonly TV Change<TForm>(QkDelta<TV> delta, float bound, nint at, nint peak, nint first, nint end)
        where TForm : IQkForm => bound switch
        {
            <= QkSums.Small => QkSums.OfSmall<TV, TForm>(delta, _softmax + at, _growth, peak, first, end),
            <= QkSums.Large => QkSums.OfAny<TV, TForm>(delta, _softmax + at, _growth, peak, first, end),
            _ => QkSums.OfHuge<TV, TForm>(delta, _softmax + at, _scores + at, _growth, first, end),
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

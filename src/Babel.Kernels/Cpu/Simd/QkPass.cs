using System.Runtime.CompilerServices;

namespace Babel.Kernels.Cpu.Simd;

/// <summary>
/// One head of one sequence: softmax rows a few queries at a time, and for each the squared change for all d dimensions, of the query and of the key.
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
    private readonly QkScoreForm _scoreForm;
    private readonly SequenceSpan _span;
    private readonly int _head;
    private readonly int _kvHead;
    private readonly int _length;
    private readonly int _padded;
    private readonly int _parts;
    private readonly int _dims;
    private readonly int _half;
    private readonly int _height;
    private readonly bool _general;

    private float* _keys;       // [T/32][d][32]
    private float* _query;      // [d][h]
    private float* _scaled;     // [h][T]: Scale q.k
    private float* _scores;     // [h][T]: with cap and ALiBi
    private float* _softmax;    // [h][T]
    private float* _growth;     // [T][16], see QkSums
    private float* _state;      // see QkState
    private float* _row;        // working vectors, zero behind d: [3][d]
    private float* _zeros;      // [d]
    private Side _query1;
    private Side _key1;

    /// <summary>Prepares the head.</summary>
    public QkPass(CpuDevice device, QkScoreForm scoreForm, QkScoreInputs inputs, AttentionSpec spec, SequenceSpan span, int head)
    {
        _device = device;
        _inputs = inputs;
        _spec = spec;
        _form = new ScoreForm(spec);
        _scoreForm = scoreForm;
        _span = span;
        _head = head;
        _kvHead = head / spec.Group;
        _length = span.QueryLength;
        _padded = (_length + Panel - 1) / Panel * Panel;
        _parts = (spec.HeadDim + TV.Count - 1) / TV.Count;
        _dims = _parts * TV.Count;
        _half = inputs.Rotary is { } rotary ? rotary.Width / 2 : 0;

        // A multiple of 4, so that four queries at a time can be packed.
        _height = device.Kernels.Tallest / 4 * 4;
        _general = scoreForm != QkScoreForm.Repo && (inputs.RawQ is not null || inputs.RawK is not null || spec.SoftCap > 0);

        // Without rotation and norm a product q_a k_a goes whichever of the two is off.
        IsSymmetric = scoreForm == QkScoreForm.Repo || (inputs.Rotary is null && inputs.RawQ is null && inputs.RawK is null);
    }

    /// <summary>Whether a query dimension and the key dimension it meets have the same score.</summary>
    public bool IsSymmetric { get; }

    /// <summary>Floats that <see cref="Place"/> needs.</summary>
    public readonly long ScratchFloats
    {
        get
        {
            long tiles = (_height * (long)_spec.HeadDim) + (3L * _height * _padded) + QkState.Floats;
            return ((long)_padded * _spec.HeadDim) + tiles + ((long)_length * TV.Count) + (4L * _dims) + ((IsSymmetric ? 1 : 2) * SideFloats);
        }
    }

    private readonly long SideFloats => (3L * _parts * _length * TV.Count) + ((3L * _height) + 9) * _dims;

    private readonly nint Width => (nint)_spec.Heads * _spec.HeadDim;

    private readonly nint KvWidth => (nint)_spec.KvHeads * _spec.HeadDim;

    /// <summary>Divides up the scratch memory and packs the keys.</summary>
    public void Place(float* memory)
    {
        _keys = memory;
        _query = _keys + ((nint)_padded * _spec.HeadDim);
        _scaled = _query + (_height * (nint)_spec.HeadDim);
        _scores = _scaled + (_height * (nint)_padded);
        _softmax = _scores + (_height * (nint)_padded);
        _state = _softmax + (_height * (nint)_padded);
        _growth = _state + QkState.Floats;
        _row = _growth + ((nint)_length * TV.Count);
        _zeros = _row + (3 * _dims);
        new Span<float>(_row, 4 * _dims).Clear();
        _query1 = new Side(_scoreForm == QkScoreForm.Repo ? QkSide.Both : QkSide.Query, _zeros + _dims, (nint)_parts * _length * TV.Count, _height * (nint)_dims, _dims);
        _key1 = IsSymmetric ? default : new Side(QkSide.Key, _query1.End, (nint)_parts * _length * TV.Count, _height * (nint)_dims, _dims);
        for (int t = 0; t < _padded; t += 4)
        {
            float* to = _keys + (t / Panel * Panel * (nint)_spec.HeadDim) + (t % Panel);
            Transpose4.ToColumns(KeyOrZeros(t), KeyOrZeros(t + 1), KeyOrZeros(t + 2), KeyOrZeros(t + 3), _spec.HeadDim, to, Panel);
        }
    }

    /// <summary>Sums the changes over the query rows.</summary>
    public readonly void Compute()
    {
        QkRow* rows = stackalloc QkRow[_height];
        FillMatrices(_query1);
        if (!IsSymmetric) FillMatrices(_key1);
        for (int row = 0; row < _length; row += _height)
        {
            int count = Math.Min(_height, _length - row);
            ScoreRows(row, count, rows);
            AddChanges(_query1, row, count, rows);
            if (!IsSymmetric) AddChanges(_key1, row, count, rows);
        }
    }

    /// <summary>The score of query dimension <paramref name="a"/> of this head.</summary>
    public readonly double QueryScore(int a) => _query1.Total(a, _dims);

    /// <summary>What this head adds to the score of key dimension <paramref name="a"/>.</summary>
    public readonly double KeyScore(int a) => IsSymmetric ? QueryScore(a) : _key1.Total(a, _dims);

    private readonly float* Query(TensorView x, int t) =>
        Operand.Floats(x) + ((_span.QueryStart + (nint)t) * Width) + ((nint)_head * _spec.HeadDim);

    private readonly float* Key(TensorView x, int t) =>
        Operand.Floats(x) + ((_span.QueryStart + (nint)t) * KvWidth) + ((nint)_kvHead * _spec.HeadDim);

    private readonly float* KeyOrZeros(int t) => t < _length ? Key(_inputs.RotatedK, t) : _zeros;

    private readonly float* QueryOrZeros(int t) => t < _length ? Query(_inputs.RotatedQ, t) : _zeros;

    private readonly int FirstVisible(int row) => _spec.Window > 0 ? Math.Max(0, row - _spec.Window + 1) : 0;

    /// <summary>Scores and softmax of neighbouring query rows.</summary>
    private readonly void ScoreRows(int row, int count, QkRow* rows)
    {
        int height = (count + 3) & ~3;
        for (int r = 0; r < height; r += 4)
        {
            int t = row + r;
            Transpose4.ToColumns(QueryOrZeros(t), QueryOrZeros(t + 1), QueryOrZeros(t + 2), QueryOrZeros(t + 3), _spec.HeadDim, _query + r, height);
        }

        var product = _device.Kernels.Float(height);
        for (int t = FirstVisible(row) / Panel * Panel; t < row + count; t += Panel)
        {
            float* keys = _keys + (t * (nint)_spec.HeadDim);
            product(_query, keys, (byte*)keys, null, _scaled + t, _padded, _spec.HeadDim);
        }

        for (int r = 0; r < count; r++)
        {
            rows[r] = Softmax(row + r, r * (nint)_padded);

            // What only its neighbour sees counts nothing when the two are summed together.
            float* a = _softmax + (r * (nint)_padded);
            if (rows[r].First > 0) a[rows[r].First - 1] = 0;
            if (rows[r].End < _padded) a[rows[r].End] = 0;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly QkRow Softmax(int row, nint at)
    {
        float* part = stackalloc float[TV.Count];
        for (int j = 0; j < TV.Count; j++) part[j] = j;
        TV lanes = TV.Load(part), hidden = TV.Create(float.NegativeInfinity), largest = TV.Create(AttentionBlock.NoMaximum), zero = TV.Create(0f);
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

        float max = Largest(largest, part);
        TV shift = TV.Create(max), sum = zero, squares = zero;
        for (int t = from; t <= row; t += TV.Count)
        {
            var p = VectorMath.Exp(TV.Load(_scores + at + t) - shift);
            TV.Store(p, _softmax + at + t);
            sum += p;
            squares = TV.Fma(p, p, squares);
        }

        // The peak's exponential is 1, and so its probability the share.
        float share = (float)(1 / Sum(sum, part));
        for (int t = from; t <= row; t += TV.Count) TV.Store(TV.Load(_softmax + at + t) * TV.Create(share), _softmax + at + t);
        int peak = FirstVisible(row);
        bool isPeaked = share > 0.5f;

        // Where a NaN leaves no largest score, any key will do.
        while (isPeaked && peak < row && _scores[at + peak] != max) peak++;
        return new QkRow(
            FirstVisible(row), row + 1, peak, isPeaked, (float)(Sum(squares, part) * share * share), _general ? Largest(Sizes(at, from, row), part) : 0);
    }

    /// <summary>The largest |y| of each lane.</summary>
    private readonly TV Sizes(nint at, int from, int row)
    {
        var sizes = TV.Create(0f);
        for (int t = from; t <= row; t += TV.Count) sizes = TV.Max(sizes, VectorMath.Abs(TV.Load(_scaled + at + t)));
        return sizes;
    }

    private static float Largest(TV lanes, float* part)
    {
        TV.Store(lanes, part);
        float a = part[0], b = part[1], c = part[2], d = part[3];
        for (int j = 4; j < TV.Count; j += 4)
        {
            a = part[j] > a ? part[j] : a;
            b = part[j + 1] > b ? part[j + 1] : b;
            c = part[j + 2] > c ? part[j + 2] : c;
            d = part[j + 3] > d ? part[j + 3] : d;
        }

        return Math.Max(Math.Max(a, b), Math.Max(c, d));
    }

    /// <summary>Four lanes at a time, as above: one after the other each would wait for the one before.</summary>
    private static double Sum(TV lanes, float* part)
    {
        TV.Store(lanes, part);
        double a = 0, b = 0, c = 0, d = 0;
        for (int j = 0; j < TV.Count; j += 4)
        {
            a += part[j];
            b += part[j + 1];
            c += part[j + 2];
            d += part[j + 3];
        }

        return (a + b) + (c + d);
    }
}

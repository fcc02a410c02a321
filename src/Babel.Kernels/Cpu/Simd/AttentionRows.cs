using System.Runtime.CompilerServices;

namespace Babel.Kernels.Cpu.Simd;

/// <summary>
/// Attention with the keys in the lanes: for decoding, where there are fewer rows than lanes, for handing out the pattern, and for rows with
/// values that are not finite, since here masked keys are left out of the sum.
/// </summary>
/// <remarks>
/// Blocks and sums are those of <see cref="AttentionBlock"/>, bit for bit as in <see cref="AttentionColumns{TV}"/>. Keys are packed as panels [d][32], values
/// are read where they lie; both once for all rows, which with a cache is all there is to read.
/// </remarks>
internal readonly unsafe ref struct AttentionRows<TV>
    where TV : unmanaged, ILanes<TV>
{
    private const int Keys = AttentionBlock.Keys, Panel = PanelLayout.Width;

    private readonly AttentionBlock _block;
    private readonly nint _headDim;
    private readonly nint _stride;
    private readonly float* _q;
    private readonly float* _k;
    private readonly float* _scores;
    private readonly float* _zeros;

    private AttentionRows(AttentionBlock block, float* scratch)
    {
        _block = block;
        _headDim = block.HeadDim;
        _stride = AttentionSums.Stride(_headDim);
        _q = scratch;
        _k = _q + (block.Rows * _headDim);
        _scores = _k + (Panel * _headDim);
        _zeros = _scores + (block.Rows * Keys);
    }

    private static nint Floats(AttentionBlock block) => ((block.Rows + Panel + 1) * block.HeadDim) + (block.Rows * Keys);

    /// <summary>Computes the rows of <paramref name="block"/>; their probabilities go to <paramref name="pattern"/> if there is one.</summary>
    public static void Run(AttentionBlock block, float* pattern, SequenceSpan span)
    {
        nint floats = Floats(block), sums = block.Rows * AttentionSums.Stride(block.HeadDim);
        var scratch = block.Device.Scratch;
        float* memory = (float*)scratch.Rent((floats + (2 * sums)) * sizeof(float), out int ticket);
        try
        {
            new AttentionRows<TV>(block, memory).Compute(memory + floats, memory + floats + sums, pattern, span);
        }
        finally
        {
            scratch.Return(ticket);
        }
    }

    /// <summary>The sums of some blocks of keys, from that which begins at <paramref name="key"/>: [blocks][rows][<see cref="AttentionSums.Stride"/>].</summary>
    public static void Partials(AttentionBlock block, int key, int blocks, float* sums)
    {
        var scratch = block.Device.Scratch;
        float* memory = (float*)scratch.Rent(Floats(block) * sizeof(float), out int ticket);
        try
        {
            var rows = new AttentionRows<TV>(block, memory);
            rows.PackQueries();
            for (int b = 0; b < blocks; b++) rows.Block(key + (b * Keys), sums + (b * block.Rows * rows._stride));
        }
        finally
        {
            scratch.Return(ticket);
        }
    }

    private void Compute(float* sums, float* part, float* pattern, SequenceSpan span)
    {
        PackQueries();
        for (int row = 0; row < _block.Rows; row++) AttentionSums.Clear(sums + (row * _stride), _headDim);
        for (int key = _block.FirstKey; key <= _block.LastPosition; key += Keys)
        {
            Block(key, part);
            for (int row = 0; row < _block.Rows; row++) AttentionSums.Join<TV>(sums + (row * _stride), part + (row * _stride), _headDim);
        }

        for (int row = 0; row < _block.Rows; row++)
        {
            AttentionSums.Finish(sums + (row * _stride), _headDim, _block.Output(row));
            _block.ApplyScale<TV>(row);
        }

        if (pattern != null) StorePattern(sums, pattern, span);
    }

    /// <summary>Queries as tiles [d][h].</summary>
    private void PackQueries()
    {
        new Span<float>(_zeros, (int)_headDim).Clear();
        int next;
        for (int row = 0; row < _block.Rows; row = next)
        {
            next = EndOfTile(row);
            for (int r = row; r < next; r++)
            {
                float* q = _block.Query(r);
                float* to = _q + (row * _headDim) + (r - row);
                for (nint c = 0; c < _headDim; c++) to[c * (next - row)] = q[c];
            }
        }
    }

    private int EndOfTile(int row) => Math.Min(_block.Rows, row + _block.Device.Kernels.Tallest);

    /// <summary>The sums of every row over one block of keys; of keys it does not see, nothing.</summary>
    private void Block(int key, float* sums)
    {
        int begin = Math.Max(0, _block.FirstVisible(_block.Position(0)) - key), end = Math.Min(Keys, _block.LastPosition + 1 - key);
        Scores(key, begin, end);
        for (int row = 0; row < _block.Rows; row++)
        {
            float* sum = sums + (row * _stride);
            AttentionSums.Clear(sum, _headDim);
            var (from, to) = Seen(row, key, begin, end);
            if (from < to) Softmax(row, key, from, to, sum + AttentionSums.Wide(_headDim));
        }

        int next;
        for (int row = 0; row < _block.Rows; row = next)
        {
            // Rows of one query see the same keys.
            next = row + 4 <= _block.Rows && _block.Position(row) == _block.Position(row + 3) ? row + 4 : row + 1;
            var (from, to) = Seen(row, key, begin, end);
            if (from < to) AddValues(row, next - row, key, from, to, sums + (row * _stride));
        }
    }

    /// <summary>The keys of the block that a row sees.</summary>
    private (int From, int To) Seen(int row, int key, int begin, int end)
    {
        int position = _block.Position(row);
        return (Math.Max(begin, _block.FirstVisible(position) - key), Math.Min(end, position + 1 - key));
    }

    /// <summary>Inner products of all rows with the keys of a block.</summary>
    private void Scores(int key, int begin, int end)
    {
        for (int panel = begin / Panel * Panel; panel < end; panel += Panel)
        {
            for (int j = panel; j < panel + Panel; j += 4)
            {
                for (int ahead = 0; ahead < 4; ahead++)
                {
                    _block.Prefetch(_block.Key(key + j + Panel + ahead));
                    _block.Prefetch(_block.Value(key + j + ahead));
                }

                Transpose4.ToColumns(
                    KeyOrZeros(key, j, begin, end),
                    KeyOrZeros(key, j + 1, begin, end),
                    KeyOrZeros(key, j + 2, begin, end),
                    KeyOrZeros(key, j + 3, begin, end),
                    _headDim,
                    _k + (j - panel),
                    Panel);
            }

            int next;
            for (int row = 0; row < _block.Rows; row = next)
            {
                next = EndOfTile(row);
                _block.Device.Kernels.Float(next - row)(_q + (row * _headDim), _k, (byte*)_k, null, _scores + (row * Keys) + panel, Keys, _headDim);
            }
        }
    }

    private float* KeyOrZeros(int key, int j, int begin, int end) => j >= begin && j < end ? _block.Key(key + j) : _zeros;

    /// <summary>Turns the scores of a row into weights, and stores their maximum (in base 2) and sum in <paramref name="state"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    private void Softmax(int row, int key, int from, int to, float* state)
    {
        float* part = stackalloc float[TV.Count];
        var largest = Mask(row, key, from, to);
        TV.Store(largest, part);
        float max = part[0];
        for (int j = 1; j < TV.Count; j++) max = part[j] > max || float.IsNaN(part[j]) ? part[j] : max;
        max *= _block.Form.Factor;

        // Keys j, j+16, j+32, ... first, then halves: the order of AttentionColumns.
        TV.Store(Weigh(row, from, to, max), part);
        for (int half = 8; half > 0; half /= 2)
        {
            for (int j = 0; j < half; j++) part[j] += part[j + half];
        }

        (state[0], state[1]) = (max, part[0]);
    }

    /// <summary>Scores, -inf where the row does not see the key; returns the largest by lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    private TV Mask(int row, int key, int from, int to)
    {
        float* scores = _scores + (row * Keys);
        float* index = stackalloc float[TV.Count];
        for (int j = 0; j < TV.Count; j++) index[j] = j;
        bool plain = _block.Form.IsPlain;
        TV lanes = TV.Load(index), slope = TV.Create(_block.Form.Slope(_block.Head(row))), hidden = TV.Create(float.NegativeInfinity);
        TV first = TV.Create(from), last = TV.Create(to - 1), largest = TV.Create(AttentionBlock.NoMaximum);
        for (int j = from & ~15; j < to; j += TV.Count)
        {
            var at = lanes + TV.Create(j);
            var s = TV.Load(scores + j);
            if (!plain) s = _block.Form.Finish(s, slope, at + TV.Create(key));
            s = TV.Select(TV.GreaterThan(at, last), hidden, s);
            s = TV.Select(TV.GreaterThan(first, at), hidden, s);
            TV.Store(s, scores + j);
            largest = TV.Max(largest, s);
        }

        return largest;
    }

    /// <summary>2^(score - max); returns their sums by lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private TV Weigh(int row, int from, int to, float max)
    {
        float* scores = _scores + (row * Keys);
        TV factor = TV.Create(_block.Form.Factor), shift = TV.Create(-max), sum = TV.Create(0f);
        for (int j = from & ~15; j < to; j += TV.Count)
        {
            var p = VectorMath.Exp2(TV.Fma(TV.Load(scores + j), factor, shift));
            TV.Store(p, scores + j);
            sum += p;
        }

        return sum;
    }

    /// <summary>Values times weights, for one row or for four that see the same keys.</summary>
    private void AddValues(int row, int rows, int key, int from, int to, float* sums)
    {
        float* p = _scores + (row * Keys) + from;
        float* v = _block.Value(key + from);

        // The keys of the next block are on their way while this one's values are added up.
        float* ahead = _block.Key(key + from + Keys);
        nint c = 0, stride = _block.KeyStride;
        for (; rows == 4 && c + 32 <= _headDim; c += 32) ValueSums.Four<TV>(p, Keys, v + c, stride, to - from, sums + c, _stride, ahead + c);
        for (int r = 0; r < rows; r++)
        {
            nint at = c;
            for (; at + 64 <= _headDim; at += 64) ValueSums.Wide<TV>(p + (r * Keys), v + at, stride, to - from, sums + (r * _stride) + at, ahead + at);
            for (; at + 16 <= _headDim; at += 16) ValueSums.Narrow<TV>(p + (r * Keys), v + at, stride, to - from, sums + (r * _stride) + at);
            for (; at < _headDim; at++) ValueSums.One(p + (r * Keys), v + at, stride, to - from, sums + (r * _stride) + at);
        }
    }

    private void StorePattern(float* sums, float* pattern, SequenceSpan span)
    {
        nint wide = AttentionSums.Wide(_headDim);
        for (int row = 0; row < _block.Rows; row++) new Span<float>(Probabilities(pattern, span, row), span.KeyLength).Clear();
        for (int key = _block.FirstKey; key <= _block.LastPosition; key += Keys)
        {
            int begin = Math.Max(0, _block.FirstVisible(_block.Position(0)) - key), end = Math.Min(Keys, _block.LastPosition + 1 - key);
            Scores(key, begin, end);
            for (int row = 0; row < _block.Rows; row++)
            {
                var (from, to) = Seen(row, key, begin, end);
                if (from >= to) continue;
                _ = Mask(row, key, from, to);
                _ = Weigh(row, from, to, sums[(row * _stride) + wide]);
                float* a = Probabilities(pattern, span, row) + key;
                for (int j = from; j < to; j++) a[j] = _scores[(row * Keys) + j] / sums[(row * _stride) + wide + 1];
            }
        }
    }

    private float* Probabilities(float* pattern, SequenceSpan span, int row) =>
        pattern + ((((long)_block.Head(row) * span.QueryLength) + _block.Position(row) - (span.KeyLength - span.QueryLength)) * span.KeyLength);
}

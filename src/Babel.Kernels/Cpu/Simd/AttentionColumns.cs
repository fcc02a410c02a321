using System.Runtime.CompilerServices;

namespace Babel.Kernels.Cpu.Simd;

/// <summary>
/// Attention with the rows in the lanes, 32 to a panel: scores come out of the matrix tiles as [keys][32] and go into the next product as its
/// panel without being moved, and maximum and sum over the keys are plain vector operations.
/// </summary>
/// <remarks>
/// S^T = K Q^T and O^T = V^T P^T, block by block of keys (<see cref="AttentionBlock"/>). Queries are packed once as panels [d][32]; keys as tiles
/// [d][h] and values as tiles [keys][h], h the height of a register tile, once for all panels and so for all heads of the group. What a panel
/// does not see, before its window or after its last row, is neither packed nor multiplied.
/// </remarks>
internal readonly unsafe ref struct AttentionColumns<TV>
    where TV : unmanaged, ILanes<TV>
{
    private const int Keys = AttentionBlock.Keys, Panel = PanelLayout.Width;

    private readonly AttentionBlock _block;
    private readonly MicroKernelTable _kernels;
    private readonly nint _headDim;
    private readonly int _panels;
    private readonly int _height;
    private readonly float* _q;
    private readonly float* _k;
    private readonly float* _v;
    private readonly float* _scores;
    private readonly float* _sums;
    private readonly float* _part;
    private readonly float* _max;
    private readonly float* _total;
    private readonly float* _partMax;
    private readonly float* _partTotal;
    private readonly float* _zeros;

    private AttentionColumns(AttentionBlock block, int panels, float* scratch)
    {
        _block = block;
        _kernels = block.Device.Kernels;
        _headDim = block.HeadDim;
        _panels = panels;

        // Multiples of 4, so that four keys at a time can be packed, which divide the 32 keys that the last rows of a panel differ in.
        _height = _kernels.Tallest >= 8 ? 8 : 4;
        nint rows = panels * Panel;
        _scores = scratch;
        _q = _scores + (Keys * Panel);
        _sums = _q + (rows * _headDim);
        _part = _sums + (rows * _headDim);
        _k = _part + (Panel * _headDim);
        _v = _k + (Keys * _headDim);
        _max = _v + (Keys * _headDim);
        _total = _max + rows;
        _partMax = _total + rows;
        _partTotal = _partMax + Panel;
        _zeros = _partTotal + Panel;
    }

    /// <summary>
    /// Computes the rows of <paramref name="block"/>. False if a result is not finite: a masked key has the weight 0 in its panel, and 0 times what its
    /// value holds may be NaN; <see cref="AttentionRows{TV}"/>, which leaves masked keys out, then says what each row really is.
    /// </summary>
    public static bool Run(AttentionBlock block)
    {
        int panels = (block.Rows + Panel - 1) / Panel;
        nint rows = panels * Panel;
        nint floats = (((2 * rows) + Panel + (2 * Keys) + 1) * block.HeadDim) + (Keys * Panel) + (2 * (rows + Panel));
        var scratch = block.Device.Scratch;
        float* memory = (float*)scratch.Rent(floats * sizeof(float), out int ticket);
        try
        {
            return new AttentionColumns<TV>(block, panels, memory).Compute();
        }
        finally
        {
            scratch.Return(ticket);
        }
    }

    private bool Compute()
    {
        PackQueries();
        for (int key = _block.FirstKey; key <= _block.LastPosition; key += Keys)
        {
            int from = Math.Max(0, _block.FirstVisible(_block.Position(0)) - key) / _height * _height;
            int to = Math.Min(Keys, _block.LastPosition + 1 - key);
            PackKeys(key, from, to);
            PackValues(key, from, to);
            for (int panel = 0; panel < _panels; panel++) Advance(panel, key, to);
        }

        bool finite = true;
        for (int panel = 0; panel < _panels; panel++) finite &= Finish(panel);
        return finite;
    }

    private void PackQueries()
    {
        new Span<float>(_zeros, (int)_headDim).Clear();
        for (int row = 0; row < _panels * Panel; row += 4)
        {
            // Lanes without a row compute something harmless that nobody reads.
            float* to = _q + (row / Panel * Panel * _headDim) + (row % Panel);
            Transpose4.ToColumns(QueryOrZeros(row), QueryOrZeros(row + 1), QueryOrZeros(row + 2), QueryOrZeros(row + 3), _headDim, to, Panel);
        }
    }

    private float* QueryOrZeros(int row) => row < _block.Rows ? _block.Query(row) : _zeros;

    /// <summary>Keys as tiles [d][h]; the last tile is filled up to a multiple of 4 with zeros.</summary>
    private void PackKeys(int key, int from, int to)
    {
        for (int j = from; j < to; j += 4)
        {
            int tile = j / _height * _height;
            float* columns = _k + (tile * _headDim) + (j - tile);
            Transpose4.ToColumns(
                KeyOrZeros(key, j, to),
                KeyOrZeros(key, j + 1, to),
                KeyOrZeros(key, j + 2, to),
                KeyOrZeros(key, j + 3, to),
                _headDim,
                columns,
                TileHeight(tile, to));
        }
    }

    private float* KeyOrZeros(int key, int j, int to) => j < to ? _block.Key(key + j) : _zeros;

    private int TileHeight(int tile, int to) => Math.Min(_height, ((to + 3) & ~3) - tile);

    /// <summary>Values as tiles [keys][h] of h neighbouring dimensions.</summary>
    private void PackValues(int key, int from, int to)
    {
        nint next;
        for (nint c = 0; c < _headDim; c = next)
        {
            next = EndOfTile(c);
            ShortRows.Copy(_block.Value(key + from) + c, _block.KeyStride, _v + (c * Keys) + (from * (next - c)), (int)(next - c), to - from);
        }
    }

    /// <summary>Where the tile of dimensions that begins at <paramref name="c"/> ends: tiles of even height, as few as there can be.</summary>
    private nint EndOfTile(nint c)
    {
        nint tiles = (_headDim - c + _kernels.Tallest - 1) / _kernels.Tallest;
        return c + ((_headDim - c + tiles - 1) / tiles);
    }

    /// <summary>Takes one block of keys into the sums of a panel.</summary>
    private void Advance(int panel, int key, int to)
    {
        int row = panel * Panel, first = _block.Position(row), last = _block.Position(Math.Min(_block.Rows, row + Panel) - 1);
        int begin = Math.Max(0, _block.FirstVisible(first) - key), end = Math.Min(to, last + 1 - key);
        if (begin >= end) return;

        for (int tile = begin / _height * _height; tile < end; tile += _height)
            _kernels.Float(TileHeight(tile, to))(_k + (tile * _headDim), _q + (row * _headDim), null, _scores + (tile * Panel), Panel, _headDim);

        bool fresh = _block.FirstVisible(first) / Keys * Keys == key;
        for (int lane = 0; lane < Panel; lane += TV.Count)
            Softmax(row + lane, key, begin, end, (fresh ? _max + row : _partMax) + lane, (fresh ? _total + row : _partTotal) + lane);

        float* sums = fresh ? _sums + (row * _headDim) : _part;
        nint next;
        for (nint c = 0; c < _headDim; c = next)
        {
            next = EndOfTile(c);
            float* tile = _v + (c * Keys) + (begin * (next - c));
            _kernels.Float((int)(next - c))(tile, _scores + (begin * Panel), null, sums + (c * Panel), Panel, end - begin);
        }

        if (fresh) return;
        for (int lane = 0; lane < Panel; lane += TV.Count) Join(row, lane);
    }

    /// <summary>Turns the scores of 16 rows into weights, 0 where a row does not see the key, and stores their maximum (in base 2) and sum.</summary>
    private void Softmax(int row, int key, int begin, int end, float* max, float* total)
    {
        float* scores = _scores + (row % Panel);
        int seen = begin;
        if (row < _block.Rows)
        {
            int first = _block.Position(row), last = _block.Position(Math.Min(_block.Rows, row + TV.Count) - 1);
            seen = Math.Clamp(last + 1 - key, begin, end);

            // Every row sees the keys of the middle; before and after it, some do.
            int middle = Math.Clamp(_block.FirstVisible(last) - key, begin, seen), after = Math.Clamp(first + 1 - key, middle, seen);
            if (!_block.Form.IsPlain) FinishScores(scores, row, key, begin, seen);
            if (begin < middle) Mask(scores, row, key, begin, middle);
            if (after < seen) Mask(scores, row, key, after, seen);
        }

        Weigh(scores, begin, seen, TV.Create(_block.Form.Factor), max, total);
        var none = TV.Create(0f);
        for (int j = seen; j < end; j++) TV.Store(none, scores + (j * Panel));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Weigh(float* scores, int begin, int end, TV factor, float* max, float* total)
    {
        TV largest = TV.Create(AttentionBlock.NoMaximum), other = largest;
        int k = begin;
        for (; k + 2 <= end; k += 2)
        {
            largest = TV.Max(largest, TV.Load(scores + (k * Panel)));
            other = TV.Max(other, TV.Load(scores + ((k + 1) * Panel)));
        }

        if (k < end) largest = TV.Max(largest, TV.Load(scores + (k * Panel)));
        largest = TV.Max(largest, other) * factor;
        TV.Store(largest, max);

        // Keys j, j+16, j+32, ... first, then halves: the order of AttentionRows, which has 16 keys in its lanes.
        float* tree = stackalloc float[16 * TV.Count];
        var shift = TV.Create(0f) - largest;
        for (int r = 0; r < 16; r++)
        {
            var sum = TV.Create(0f);
            for (int j = begin + ((r - begin) & 15); j < end; j += 16)
            {
                var p = VectorMath.Exp2(TV.Fma(TV.Load(scores + (j * Panel)), factor, shift));
                TV.Store(p, scores + (j * Panel));
                sum += p;
            }

            TV.Store(sum, tree + (r * TV.Count));
        }

        for (int half = 8; half > 0; half /= 2)
        {
            for (int r = 0; r < half; r++)
                TV.Store(TV.Load(tree + (r * TV.Count)) + TV.Load(tree + ((r + half) * TV.Count)), tree + (r * TV.Count));
        }

        TV.Store(TV.Load(tree), total);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void FinishScores(float* scores, int row, int key, int begin, int end)
    {
        float* lanes = stackalloc float[TV.Count];
        for (int i = 0; i < TV.Count; i++) lanes[i] = _block.Form.Slope(_block.Head(Math.Min(row + i, _block.Rows - 1)));
        var slope = TV.Load(lanes);
        for (int j = begin; j < end; j++)
            TV.Store(_block.Form.Finish(TV.Load(scores + (j * Panel)), slope, TV.Create(key + j)), scores + (j * Panel));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Mask(float* scores, int row, int key, int begin, int end)
    {
        float* first = stackalloc float[TV.Count];
        float* last = stackalloc float[TV.Count];
        for (int i = 0; i < TV.Count; i++)
        {
            int position = _block.Position(Math.Min(row + i, _block.Rows - 1));
            (first[i], last[i]) = (_block.FirstVisible(position), position);
        }

        TV from = TV.Load(first), to = TV.Load(last), hidden = TV.Create(float.NegativeInfinity);
        for (int j = begin; j < end; j++)
        {
            var position = TV.Create(key + j);
            var s = TV.Load(scores + (j * Panel));
            s = TV.Select(TV.GreaterThan(position, to), hidden, s);
            TV.Store(TV.Select(TV.GreaterThan(from, position), hidden, s), scores + (j * Panel));
        }
    }

    /// <summary>Joins the block's sums of 16 rows to those of the blocks before; <see cref="AttentionSums.Join"/> for rows in lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Join(int row, int lane)
    {
        TV before = TV.Load(_max + row + lane), next = TV.Load(_partMax + lane), max = TV.Max(before, next);
        TV old = VectorMath.Exp2(before - max), now = VectorMath.Exp2(next - max);
        TV.Store(max, _max + row + lane);
        TV.Store(TV.Fma(TV.Load(_partTotal + lane), now, TV.Load(_total + row + lane) * old), _total + row + lane);
        float* sum = _sums + (row * _headDim) + lane;
        float* part = _part + lane;
        for (nint c = 0; c < _headDim; c++)
            TV.Store(TV.Fma(TV.Load(part + (c * Panel)), now, TV.Load(sum + (c * Panel)) * old), sum + (c * Panel));
    }

    /// <summary>Divides a panel's sums and stores its rows; true if all are finite. <see cref="AttentionSums.Finish"/> for rows in lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool Finish(int panel)
    {
        int row = panel * Panel;
        float* sum = _sums + (row * _headDim);
        float* check = stackalloc float[TV.Count];
        var finite = TV.Create(0f);
        for (int lane = 0; lane < Panel && row + lane < _block.Rows; lane += TV.Count)
        {
            TV inverse = TV.Create(1f) / TV.Load(_total + row + lane), zero = TV.Create(0f);
            for (nint c = 0; c < _headDim; c++)
            {
                float* at = sum + (c * Panel) + lane;
                var y = TV.Fma(TV.Load(at), inverse, zero);
                finite = TV.Fma(y, zero, finite);
                TV.Store(y, at);
            }
        }

        TV.Store(finite, check);
        for (int lane = 0; lane < Panel && row + lane < _block.Rows; lane += 4)
            Transpose4.ToRows(sum + lane, Panel, _headDim, OutputOrSink(row + lane), OutputOrSink(row + lane + 1), OutputOrSink(row + lane + 2), OutputOrSink(row + lane + 3));
        for (int r = row; r < Math.Min(_block.Rows, row + Panel); r++) _block.ApplyScale<TV>(r);
        return !new Span<float>(check, TV.Count).ContainsAnyExcept(0f);
    }

    private float* OutputOrSink(int row) => row < _block.Rows ? _block.Output(row) : _zeros;
}

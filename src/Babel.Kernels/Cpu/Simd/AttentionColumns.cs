using System.Runtime.CompilerServices;

namespace Babel.Kernels.Cpu.Simd;

/// <summary>
/// Attention with the rows in the lanes, 32 to a panel: scores come out of the matrix tiles as [keys][32] and go into the next product as its
/// panel without being moved, and maximum and sum over the keys are plain vector operations.
/// </summary>
/// <remarks>
/// S^T = K Q^T and O^T += V^T P^T, block by block of 64 keys, with the online softmax of <see cref="AttentionRows{TV}"/>. Queries are packed once as
/// panels [d][32]; keys as tiles [d][h] and values as tiles [64][h], h up to the height of a register tile, once for all panels.
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
    private readonly float* _tree;
    private readonly float* _sums;
    private readonly float* _max;
    private readonly float* _total;
    private readonly float* _position;
    private readonly float* _slope;
    private readonly float* _zeros;

    private AttentionColumns(AttentionBlock block, int panels, float* scratch)
    {
        _block = block;
        _kernels = block.Device.Kernels;
        _headDim = block.HeadDim;
        _panels = panels;

        // A multiple of 4, so that four keys at a time can be packed.
        _height = _kernels.Tallest / 4 * 4;
        _q = scratch;
        _sums = _q + (panels * _headDim * Panel);
        _k = _sums + (panels * _headDim * Panel);
        _v = _k + (Keys * _headDim);
        _scores = _v + (Keys * _headDim);
        _tree = _scores + (Keys * Panel);
        _max = _tree + (16 * Panel);
        _total = _max + (panels * Panel);
        _position = _total + (panels * Panel);
        _slope = _position + (panels * Panel);
        _zeros = _slope + (panels * Panel);
    }

    /// <summary>Computes the rows of <paramref name="block"/>.</summary>
    public static void Run(AttentionBlock block)
    {
        int panels = (block.Rows + Panel - 1) / Panel;
        nint operands = (panels * block.HeadDim * Panel) + (Keys * block.HeadDim), scores = (Keys + 16) * Panel;
        nint floats = (2 * operands) + scores + (4 * panels * Panel) + block.HeadDim;
        var scratch = block.Device.Scratch;
        float* memory = (float*)scratch.Rent(floats * sizeof(float), out int ticket);
        try
        {
            new AttentionColumns<TV>(block, panels, memory).Compute();
        }
        finally
        {
            scratch.Return(ticket);
        }
    }

    private void Compute()
    {
        PackQueries();
        for (int key = _block.FirstKey; key <= _block.LastPosition; key += Keys)
        {
            int count = Math.Min(Keys, _block.LastPosition + 1 - key);
            PackKeys(key, count);
            PackValues(key, count);
            for (int panel = 0; panel < _panels; panel++)
            {
                int first = _block.Position(panel * Panel), last = _block.Position(Math.Min(_block.Rows, (panel + 1) * Panel) - 1);
                int seen = Math.Min(count, last + 1 - key);
                if (seen <= 0 || key + count <= _block.FirstVisible(first)) continue;
                Scores(panel, count, seen);
                bool masked = key + seen - 1 > first || _block.FirstVisible(last) > key;
                for (int lane = 0; lane < Panel; lane += TV.Count) Step(panel, lane, key, seen, masked);
                AddValues(panel, seen);
            }
        }

        for (int panel = 0; panel < _panels; panel++) Finish(panel);
    }

    private void PackQueries()
    {
        new Span<float>(_zeros, (int)_headDim).Clear();
        new Span<float>(_sums, checked((int)(_panels * _headDim * Panel))).Clear();
        for (int row = 0; row < _panels * Panel; row++)
        {
            // Lanes without a row compute something harmless that nobody reads.
            int real = Math.Min(row, _block.Rows - 1);
            _max[row] = AttentionBlock.NoMaximum;
            _total[row] = 0;
            _position[row] = _block.Position(real);
            _slope[row] = _block.Form.Slope(_block.Head(real));
        }

        for (int row = 0; row < _panels * Panel; row += 4)
        {
            float* to = _q + (row / Panel * Panel * _headDim) + (row % Panel);
            Transpose4.ToColumns(QueryOrZeros(row), QueryOrZeros(row + 1), QueryOrZeros(row + 2), QueryOrZeros(row + 3), _headDim, to, Panel);
        }
    }

    private float* QueryOrZeros(int row) => row < _block.Rows ? _block.Q + _block.Offset(row) : _zeros;

    /// <summary>Keys as tiles [d][h]; the last tile is filled up to a multiple of 4 with zeros.</summary>
    private void PackKeys(int key, int count)
    {
        for (int j = 0; j < count; j += 4)
        {
            int tile = j / _height * _height;
            float* to = _k + (tile * _headDim) + (j - tile);
            Transpose4.ToColumns(
                KeyOrZeros(key, j, count),
                KeyOrZeros(key, j + 1, count),
                KeyOrZeros(key, j + 2, count),
                KeyOrZeros(key, j + 3, count),
                _headDim,
                to,
                TileHeight(tile, count));
        }
    }

    private float* KeyOrZeros(int key, int j, int count) => j < count ? _block.Key(key + j) : _zeros;

    private int TileHeight(int tile, int count) => Math.Min(_height, ((count + 3) & ~3) - tile);

    /// <summary>Values as tiles [64][h] of h neighbouring dimensions.</summary>
    private void PackValues(int key, int count)
    {
        for (int j = 0; j < count; j++)
        {
            float* value = _block.Value(key + j);
            for (nint c = 0; c < _headDim; c += _height)
            {
                nint height = Math.Min(_height, _headDim - c);
                float* to = _v + (c * Keys) + (j * height);
                for (nint i = 0; i < height; i++) to[i] = value[c + i];
            }
        }
    }

    private void Scores(int panel, int count, int seen)
    {
        for (int tile = 0; tile < seen; tile += _height)
        {
            int height = TileHeight(tile, count);
            _kernels.Float(height)(_k + (tile * _headDim), _q + (panel * Panel * _headDim), null, _scores + (tile * Panel), Panel, _headDim);
        }
    }

    /// <summary>One step of the online softmax for 16 rows; rescales their sums.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Step(int panel, int lane, int key, int seen, bool masked)
    {
        float* scores = _scores + lane;
        float* state = _max + (panel * Panel) + lane;
        float* total = _total + (panel * Panel) + lane;
        var max = TV.Load(state);
        var largest = masked ? MaskedScores(panel, lane, key, seen, max) : FullScores(panel, lane, key, seen, max);
        var hidden = TV.Create(float.NegativeInfinity);
        for (int j = seen; j < Keys; j++) TV.Store(hidden, scores + (j * Panel));

        var alpha = VectorMath.Exp(max - largest);
        TV.Store(largest, state);

        // Keys j, j+16, j+32, j+48 first, then halves: the order of AttentionRows.
        float* tree = _tree + lane;
        for (int j = 0; j < 16; j++)
        {
            TV p0 = Exponential(scores, j, largest), p1 = Exponential(scores, j + 16, largest);
            TV p2 = Exponential(scores, j + 32, largest), p3 = Exponential(scores, j + 48, largest);
            TV.Store((p0 + p1) + (p2 + p3), tree + (j * Panel));
        }

        for (int half = 8; half > 0; half /= 2)
        {
            for (int j = 0; j < half; j++)
                TV.Store(TV.Load(tree + (j * Panel)) + TV.Load(tree + ((j + half) * Panel)), tree + (j * Panel));
        }

        TV.Store(TV.Fma(TV.Load(total), alpha, TV.Load(tree)), total);
        float* sum = _sums + (panel * Panel * _headDim) + lane;
        for (nint c = 0; c < _headDim; c++) TV.Store(TV.Load(sum + (c * Panel)) * alpha, sum + (c * Panel));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TV Exponential(float* scores, int j, TV shift)
    {
        var p = VectorMath.Exp(TV.Load(scores + (j * Panel)) - shift);
        TV.Store(p, scores + (j * Panel));
        return p;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private TV FullScores(int panel, int lane, int key, int seen, TV max)
    {
        float* scores = _scores + lane;
        var slope = TV.Load(_slope + (panel * Panel) + lane);
        for (int j = 0; j < seen; j++)
        {
            var s = _block.Form.Finish(TV.Load(scores + (j * Panel)), slope, TV.Create(key + j));
            TV.Store(s, scores + (j * Panel));
            max = TV.Max(max, s);
        }

        return max;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private TV MaskedScores(int panel, int lane, int key, int seen, TV max)
    {
        float* scores = _scores + lane;
        var slope = TV.Load(_slope + (panel * Panel) + lane);
        var last = TV.Load(_position + (panel * Panel) + lane);
        var first = _block.Window > 0 ? last - TV.Create(_block.Window - 1) : TV.Create(0f);
        var hidden = TV.Create(float.NegativeInfinity);
        for (int j = 0; j < seen; j++)
        {
            var position = TV.Create(key + j);
            var s = _block.Form.Finish(TV.Load(scores + (j * Panel)), slope, position);
            s = TV.Select(TV.GreaterThan(position, last), hidden, s);
            s = TV.Select(TV.GreaterThan(first, position), hidden, s);
            TV.Store(s, scores + (j * Panel));
            max = TV.Max(max, s);
        }

        return max;
    }

    private void AddValues(int panel, int seen)
    {
        for (nint c = 0; c < _headDim; c += _height)
        {
            int height = (int)Math.Min(_height, _headDim - c);
            float* sum = _sums + (panel * Panel * _headDim) + (c * Panel);
            _kernels.Float(height)(_v + (c * Keys), _scores, sum, sum, Panel, seen);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Finish(int panel)
    {
        float* sum = _sums + (panel * Panel * _headDim);
        for (int lane = 0; lane < Panel; lane += TV.Count)
        {
            // + 0 makes the zero of an empty product positive, whichever masked keys were multiplied in.
            var total = TV.Load(_total + (panel * Panel) + lane);
            for (nint c = 0; c < _headDim; c++)
            {
                float* at = sum + (c * Panel) + lane;
                TV.Store((TV.Load(at) / total) + TV.Create(0f), at);
            }
        }

        for (int lane = 0; lane < Panel; lane += 4)
        {
            int row = (panel * Panel) + lane;
            if (row >= _block.Rows) break;
            Transpose4.ToRows(
                sum + lane, Panel, _headDim, OutputOrSink(row), OutputOrSink(row + 1), OutputOrSink(row + 2), OutputOrSink(row + 3));
        }

        for (int row = panel * Panel; row < Math.Min(_block.Rows, (panel + 1) * Panel); row++) _block.ApplyScale(row);
    }

    private float* OutputOrSink(int row) => row < _block.Rows ? _block.Output + _block.Offset(row) : _zeros;
}

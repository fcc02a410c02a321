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
internal readonly unsafe ref partial struct AttentionColumns<TV>
    where TV : unmanaged, ILanes<TV>
{
    private const int Keys = AttentionBlock.Keys, Panel = PanelLayout.Width;

    /// <summary>How many rows ahead memory is asked for.</summary>
    private const int Ahead = 16;

    private readonly AttentionBlock _block;
    private readonly MicroKernelTable _kernels;
    private readonly nint _headDim;
    private readonly int _panels;
    private readonly bool _tall;
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
    private readonly nint* _offsets;

    private AttentionColumns(AttentionBlock block, int panels, float* scratch)
    {
        _block = block;
        _kernels = block.Device.Kernels;
        _headDim = block.HeadDim;
        _panels = panels;

        _tall = _kernels.Tallest >= 12;
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
        _offsets = (nint*)(_partTotal + Panel);
        _zeros = (float*)(_offsets + rows);
    }

    /// <summary>
    /// Computes the rows of <paramref name="block"/>. False if a result is not finite: a masked key has the weight 0 in its panel, and 0 times what its
    /// value holds may be NaN; <see cref="AttentionRows{TV}"/>, which leaves masked keys out, then says what each row really is.
    /// </summary>
    public static bool Run(AttentionBlock block)
    {
        int panels = (block.Rows + Panel - 1) / Panel;
        nint rows = panels * Panel;
        nint floats = (((2 * rows) + Panel + (2 * Keys) + 1) * block.HeadDim) + (Keys * Panel) + (2 * (rows + Panel)) + (2 * rows);
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
            int from = StartOfKeys(Math.Max(0, _block.FirstVisible(_block.Position(0)) - key));
            int to = Math.Min(Keys, _block.LastPosition + 1 - key);
            PackKeys(key, from, to);
            PackValues(key, from, to);
            for (int panel = 0; panel < _panels; panel++) Advance(panel, key, to);
        }

        bool finite = true;
        for (int panel = 0; panel < _panels; panel++) finite &= Finish(panel);
        return finite;
    }

    /// <summary>Takes one block of keys into the sums of a panel.</summary>
    private void Advance(int panel, int key, int to)
    {
        int row = panel * Panel, first = _block.Position(row), last = _block.Position(Math.Min(_block.Rows, row + Panel) - 1);
        int begin = Math.Max(0, _block.FirstVisible(first) - key), end = Math.Min(to, last + 1 - key);
        if (begin >= end) return;

        float* queries = _q + (row * _headDim), weights = _scores + (begin * Panel);
        for (int tile = StartOfKeys(begin); tile < end; tile = EndOfKeys(tile))
            _kernels.Float(HeightOfKeys(tile, to))(_k + (tile * _headDim), queries, (byte*)queries, null, _scores + (tile * Panel), Panel, _headDim);

        bool fresh = _block.FirstVisible(first) / Keys * Keys == key;
        for (int lane = 0; lane < Panel; lane += TV.Count)
            Softmax(row + lane, key, begin, end, (fresh ? _max + row : _partMax) + lane, (fresh ? _total + row : _partTotal) + lane);

        float* sums = fresh ? _sums + (row * _headDim) : _part;
        nint next;
        for (nint c = 0; c < _headDim; c = next)
        {
            next = EndOfTile(c);
            float* tile = _v + (c * Keys) + (begin * (next - c));
            _kernels.Float((int)(next - c))(tile, weights, (byte*)weights, null, sums + (c * Panel), Panel, end - begin);
        }

        if (fresh) return;
        for (int lane = 0; lane < Panel; lane += TV.Count) Join(row, lane);
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
    [SkipLocalsInit]
    private bool Finish(int panel)
    {
        int row = panel * Panel;
        float* sum = _sums + (row * _headDim);
        float* check = stackalloc float[TV.Count];
        TV zero = TV.Create(0f), finite = zero, other = zero;
        for (int lane = 0; lane < Panel && row + lane < _block.Rows; lane += TV.Count)
        {
            var inverse = TV.Create(1f) / TV.Load(_total + row + lane);
            nint c = 0;
            for (; c + 2 <= _headDim; c += 2)
            {
                finite = TV.Fma(Divide(sum + (c * Panel) + lane, inverse), zero, finite);
                other = TV.Fma(Divide(sum + ((c + 1) * Panel) + lane, inverse), zero, other);
            }

            if (c < _headDim) finite = TV.Fma(Divide(sum + (c * Panel) + lane, inverse), zero, finite);
        }

        finite += other;
        TV.Store(finite, check);
        float* output = _block.Output(0);
        for (int lane = 0; lane < Panel && row + lane < _block.Rows; lane += 4)
        {
            int r = row + lane;
            Transpose4.ToRows(sum + lane, Panel, _headDim, RowOr(output, r), RowOr(output, r + 1), RowOr(output, r + 2), RowOr(output, r + 3));
        }

        for (int r = row; _block.IsScaled && r < Math.Min(_block.Rows, row + Panel); r++) _block.ApplyScale<TV>(r);
        return !new Span<float>(check, TV.Count).ContainsAnyExcept(0f);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TV Divide(float* at, TV inverse)
    {
        var y = TV.Fma(TV.Load(at), inverse, TV.Create(0f));
        TV.Store(y, at);
        return y;
    }
}

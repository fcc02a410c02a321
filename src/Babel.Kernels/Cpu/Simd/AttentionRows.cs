using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Babel.Kernels.Cpu.Simd;

/// <summary>
/// Attention with the keys in the lanes, a row at a time: for decoding, where there are fewer rows than lanes, and for handing out the pattern.
/// </summary>
/// <remarks>
/// Block by block of 64 keys, online softmax: m' = max(m, max s), l = l e^(m-m') + sum e^(s-m'), o = o e^(m-m') + sum e^(s-m') v. Keys are
/// packed as panels [d][32], values as panels [64][32], once for all rows.
/// </remarks>
internal readonly unsafe ref struct AttentionRows<TV>
    where TV : unmanaged, ILanes<TV>
{
    private const int Keys = AttentionBlock.Keys, Panel = PanelLayout.Width;

    /// <summary>How many keys ahead memory is asked for.</summary>
    private const int Ahead = 16;

    private readonly AttentionBlock _block;
    private readonly delegate*<float*, void*, float*, float*, nint, nint, void> _product;
    private readonly nint _valuePanels;
    private readonly float* _k;
    private readonly float* _v;
    private readonly float* _sums;
    private readonly float* _scores;
    private readonly float* _state;
    private readonly float* _zeros;

    private AttentionRows(AttentionBlock block, float* scratch)
    {
        _block = block;
        _product = block.Device.Kernels.Float(1);
        _valuePanels = (block.HeadDim + Panel - 1) / Panel;
        _k = scratch;
        _v = _k + (Keys * block.HeadDim);
        _sums = _v + (Keys * Panel * _valuePanels);
        _scores = _sums + (block.Rows * Panel * _valuePanels);
        _state = _scores + Keys;
        _zeros = _state + (2 * block.Rows);
    }

    /// <summary>Computes the rows of <paramref name="block"/>; their probabilities go to <paramref name="pattern"/> if there is one.</summary>
    public static void Run(AttentionBlock block, TensorView? pattern, long patternStart, SequenceSpan span)
    {
        nint wide = (block.HeadDim + Panel - 1) / Panel * Panel;
        nint floats = (Keys * block.HeadDim) + (Keys * wide) + (block.Rows * wide) + Keys + (2 * block.Rows) + block.HeadDim;
        var scratch = block.Device.Scratch;
        float* memory = (float*)scratch.Rent(floats * sizeof(float), out int ticket);
        try
        {
            var rows = new AttentionRows<TV>(block, memory);
            rows.Compute();
            if (pattern is { } p) rows.StorePattern(Operand.Floats(p) + patternStart, span);
        }
        finally
        {
            scratch.Return(ticket);
        }
    }

    private void Compute()
    {
        new Span<float>(_sums, checked((int)(_block.Rows * _valuePanels * Panel))).Clear();
        new Span<float>(_zeros, (int)_block.HeadDim).Clear();
        for (int row = 0; row < _block.Rows; row++) (_state[2 * row], _state[(2 * row) + 1]) = (AttentionBlock.NoMaximum, 0);

        for (int key = _block.FirstKey; key <= _block.LastPosition; key += Keys)
        {
            int count = Math.Min(Keys, _block.LastPosition + 1 - key);
            PackKeys(key, count);
            PackValues(key, count);
            for (int row = 0; row < _block.Rows; row++)
            {
                int position = _block.Position(row);
                if (key > position || key + count <= _block.FirstVisible(position)) continue;
                Scores(row, key, count);
                Step(row, Math.Min(count, position + 1 - key));
            }
        }

        for (int row = 0; row < _block.Rows; row++) Finish(row);
    }

    private void PackKeys(int key, int count)
    {
        for (int j = 0; j < (count + Panel - 1) / Panel * Panel; j += 4)
        {
            for (int ahead = 0; ahead < 4; ahead++) Prefetch(_block.Key(key + j + Ahead + ahead));
            float* to = _k + (j / Panel * Panel * _block.HeadDim) + (j % Panel);
            Transpose4.ToColumns(
                KeyOrZeros(key, j, count),
                KeyOrZeros(key, j + 1, count),
                KeyOrZeros(key, j + 2, count),
                KeyOrZeros(key, j + 3, count),
                _block.HeadDim,
                to,
                Panel);
        }
    }

    /// <summary>
    /// Asks for a row: rows of a cache lie pages apart, where the processor does not run ahead by itself. Any address may be asked for.
    /// </summary>
    private void Prefetch(float* row)
    {
        for (nint c = 0; Sse.IsSupported && c < _block.HeadDim; c += 16) Sse.Prefetch0(row + c);
    }

    private float* KeyOrZeros(int key, int j, int count) => j < count ? _block.Key(key + j) : _zeros;

    private void PackValues(int key, int count)
    {
        for (int j = 0; j < count; j++)
        {
            float* value = _block.Value(key + j);
            Prefetch(_block.Value(key + j + Ahead));
            for (nint p = 0; p < _valuePanels; p++)
            {
                int width = (int)Math.Min(Panel, _block.HeadDim - (p * Panel));
                var to = new Span<float>(_v + (((p * Keys) + j) * Panel), Panel);
                new ReadOnlySpan<float>(value + (p * Panel), width).CopyTo(to);
                to[width..].Clear();
            }
        }
    }

    /// <summary>The scores of a row with one block of keys, -inf where it does not see them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Scores(int row, int key, int count)
    {
        for (int p = 0; p < count; p += Panel)
            _product(_block.Q + _block.Offset(row), _k + (p * _block.HeadDim), null, _scores + p, Panel, _block.HeadDim);

        float* index = stackalloc float[TV.Count];
        for (int j = 0; j < TV.Count; j++) index[j] = j;
        var lanes = TV.Load(index);
        var slope = TV.Create(_block.Form.Slope(_block.Head(row)));
        var hidden = TV.Create(float.NegativeInfinity);
        var last = TV.Create(_block.Position(row));
        var first = TV.Create(_block.FirstVisible(_block.Position(row)));
        for (int j = 0; j < Keys; j += TV.Count)
        {
            // Keys behind the block's end lie behind the row's position too, so the mask hides them, whatever was read.
            var position = lanes + TV.Create(key + j);
            var s = j < (count + Panel - 1) / Panel * Panel ? _block.Form.Finish(TV.Load(_scores + j), slope, position) : hidden;
            s = TV.Select(TV.GreaterThan(position, last), hidden, s);
            TV.Store(TV.Select(TV.GreaterThan(first, position), hidden, s), _scores + j);
        }
    }

    /// <summary>One step of the online softmax.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Step(int row, int count)
    {
        float* state = _state + (2 * row);
        float* part = stackalloc float[TV.Count];
        var largest = TV.Load(_scores);
        for (int j = TV.Count; j < Keys; j += TV.Count) largest = TV.Max(largest, TV.Load(_scores + j));
        TV.Store(largest, part);
        float max = state[0];
        for (int j = 0; j < TV.Count; j++) max = part[j] > max || float.IsNaN(part[j]) ? part[j] : max;

        var alpha = VectorMath.Exp(TV.Create(state[0] - max));
        TV.Store(alpha, part);
        float factor = part[0];

        // Keys j, j+16, j+32, j+48 first, then halves: the order of AttentionColumns.
        var shift = TV.Create(max);
        TV p0 = Exponential(0, shift), p1 = Exponential(16, shift), p2 = Exponential(32, shift), p3 = Exponential(48, shift);
        TV.Store((p0 + p1) + (p2 + p3), part);
        for (int half = 8; half > 0; half /= 2)
            for (int j = 0; j < half; j++) part[j] += part[j + half];

        state[1] = MathF.FusedMultiplyAdd(state[1], factor, part[0]);
        state[0] = max;
        for (nint p = 0; p < _valuePanels; p++)
        {
            float* sum = _sums + (((row * _valuePanels) + p) * Panel);
            TV.Store(TV.Load(sum) * alpha, sum);
            TV.Store(TV.Load(sum + 16) * alpha, sum + 16);
            _product(_scores, _v + (p * Keys * Panel), sum, sum, Panel, count);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private TV Exponential(int j, TV shift)
    {
        var p = VectorMath.Exp(TV.Load(_scores + j) - shift);
        TV.Store(p, _scores + j);
        return p;
    }

    private void Finish(int row)
    {
        float* sum = _sums + (row * _valuePanels * Panel);
        float* y = _block.Output + _block.Offset(row);

        // + 0 makes the zero of an empty product positive, whichever masked keys were multiplied in.
        for (nint c = 0; c < _block.HeadDim; c++) y[c] = (sum[c] / _state[(2 * row) + 1]) + 0f;
        _block.ApplyScale(row);
    }

    private void StorePattern(float* pattern, SequenceSpan span)
    {
        for (int row = 0; row < _block.Rows; row++) new Span<float>(Probabilities(pattern, span, row), span.KeyLength).Clear();
        for (int key = _block.FirstKey; key <= _block.LastPosition; key += Keys)
        {
            int count = Math.Min(Keys, _block.LastPosition + 1 - key);
            PackKeys(key, count);
            for (int row = 0; row < _block.Rows; row++)
            {
                if (key > _block.Position(row)) continue;
                Scores(row, key, count);
                var shift = TV.Create(_state[2 * row]);
                for (int j = 0; j < Keys; j += TV.Count) _ = Exponential(j, shift);
                float* a = Probabilities(pattern, span, row) + key;
                for (int j = 0; j < count; j++) a[j] = _scores[j] / _state[(2 * row) + 1];
            }
        }
    }

    private float* Probabilities(float* pattern, SequenceSpan span, int row) =>
        pattern + ((((long)_block.Head(row) * span.QueryLength) + (row / _block.Group)) * span.KeyLength);
}

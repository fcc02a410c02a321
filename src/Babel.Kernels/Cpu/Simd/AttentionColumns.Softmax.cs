using System.Runtime.CompilerServices;

namespace Babel.Kernels.Cpu.Simd;

/// <summary>From scores to weights, 16 rows at a time.</summary>
internal readonly unsafe ref partial struct AttentionColumns<TV>
{
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

        Weigh(scores, begin, seen, _block.Form.Factor, max, total);
        var none = TV.Create(0f);
        for (int j = seen; j < end; j++) TV.Store(none, scores + (j * Panel));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    private static void Weigh(float* scores, int begin, int end, float factor, float* max, float* total)
    {
        float* first = scores + (begin * Panel);
        float* last = scores + (end * Panel);
        TV largest = TV.Create(AttentionBlock.NoMaximum), other = largest;
        float* s = first;
        for (; s + Panel < last; s += 2 * Panel)
        {
            largest = TV.Max(largest, TV.Load(s));
            other = TV.Max(other, TV.Load(s + Panel));
        }

        if (s < last) largest = TV.Max(largest, TV.Load(s));
        TV scale = TV.Create(factor), shift = TV.Max(largest, other) * scale;
        TV.Store(shift, max);

        // Keys j, j+16, j+32, ... first, then halves: the order of AttentionRows, which has 16 keys in its lanes.
        float* tree = stackalloc float[16 * TV.Count];
        shift = TV.Create(0f) - shift;
        for (int r = 0; r < 16; r++)
        {
            var sum = TV.Create(0f);
            for (s = first + (((r - begin) & 15) * Panel); s < last; s += 16 * Panel)
            {
                var p = VectorMath.Exp2(TV.Fma(TV.Load(s), scale, shift));
                TV.Store(p, s);
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
    [SkipLocalsInit]
    private void FinishScores(float* scores, int row, int key, int begin, int end)
    {
        float* lanes = stackalloc float[TV.Count];
        for (int i = 0; i < TV.Count; i++) lanes[i] = _block.Form.Slope(_block.Head(Math.Min(row + i, _block.Rows - 1)));
        var slope = TV.Load(lanes);
        for (int j = begin; j < end; j++)
            TV.Store(_block.Form.Finish(TV.Load(scores + (j * Panel)), slope, TV.Create(key + j)), scores + (j * Panel));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
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
}

using System.Numerics;
using Babel.Kernels;

namespace Babel.Analysis.Statistics;

/// <summary>The sums of one part and language while documents are read: <see cref="TapSums"/>, and what has not reached its fixed point yet.</summary>
internal sealed class RunningSums(int layers, int width)
{
    private readonly FixedSums _sum = new(layers, width), _sumAbs = new(layers, width), _sumSquares = new(layers, width);

    /// <summary>Counts and maxima, which are whole at any time; sums only after <see cref="Finish"/>.</summary>
    public TapSums Totals { get; } = new(layers, width);

    /// <summary>n.</summary>
    public int Width => width;

    /// <summary>Adds windows' counts, [rows, n].</summary>
    public void AddCounts(int layer, ReadOnlySpan<int> rows)
    {
        var target = Of(Totals.Count, layer);
        for (; rows.Length > 0; rows = rows[width..]) Count(rows[..width], target);
    }

    /// <summary>Takes windows' maxima, [rows, n].</summary>
    public void AddMaxima(int layer, ReadOnlySpan<float> rows)
    {
        var target = Of(Totals.Max, layer);
        for (; rows.Length > 0; rows = rows[width..]) Maximum(rows[..width], target);
    }

    /// <summary>Adds windows' sums of x, |x| or x^2, [rows, n], F32 or F64.</summary>
    /// <param name="which">Which of the three.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="source">The sums of the batch.</param>
    /// <param name="sequences">The batch's sequences.</param>
    /// <param name="first">The first of this language.</param>
    /// <param name="rows">How many.</param>
    /// <param name="host">Brings them to the host.</param>
    /// <exception cref="OverflowException">A value or a sum is out of range.</exception>
    public void AddSums(SumKind which, int layer, TensorView source, int sequences, int first, int rows, DeviceRows host)
    {
        var (sums, target) = which switch
        {
            SumKind.Values => (_sum, Totals.Sum),
            SumKind.Sizes => (_sumAbs, Totals.SumAbs),
            _ => (_sumSquares, Totals.SumSquares),
        };
        int from = first * width, count = rows * width;
        if (source.DType == DType.F64) sums.Add(layer, host.Doubles(source, sequences).Slice(from, count), Of(target, layer));
        else sums.Add(layer, host.Singles(source, sequences).Slice(from, count), Of(target, layer));
    }

    /// <summary>Makes a layer's sums whole.</summary>
    /// <exception cref="OverflowException">A sum is out of range.</exception>
    public void Finish(int layer)
    {
        _sum.Finish(layer, Of(Totals.Sum, layer));
        _sumAbs.Finish(layer, Of(Totals.SumAbs, layer));
        _sumSquares.Finish(layer, Of(Totals.SumSquares, layer));
    }

    private Span<T> Of<T>(T[] values, int layer) => values.AsSpan(layer * width, width);

    private static void Count(ReadOnlySpan<int> values, Span<long> target)
    {
        int k = 0;
        for (; k + Vector<int>.Count <= target.Length; k += Vector<int>.Count)
        {
            Vector.Widen(new Vector<int>(values[k..]), out var low, out var high);
            (new Vector<long>(target[k..]) + low).CopyTo(target[k..]);
            (new Vector<long>(target[(k + Vector<long>.Count)..]) + high).CopyTo(target[(k + Vector<long>.Count)..]);
        }

        for (; k < target.Length; k++) target[k] += values[k];
    }

    private static void Maximum(ReadOnlySpan<float> values, Span<float> target)
    {
        int k = 0;
        for (; k + Vector<float>.Count <= target.Length; k += Vector<float>.Count)
            Vector.Max(new Vector<float>(values[k..]), new Vector<float>(target[k..])).CopyTo(target[k..]);
        for (; k < target.Length; k++) target[k] = Math.Max(target[k], values[k]);
    }
}

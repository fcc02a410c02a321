using System.Numerics;
using Babel.Kernels;

namespace Babel.Analysis.Statistics;

/// <summary>The sums of one part and language while documents are read: <see cref="TapSums"/>, and what has not reached its fixed point yet.</summary>
internal sealed class RunningSums(TapSums totals)
{
    private readonly FixedSums _sum = new(totals.Layers, totals.Width), _sumAbs = new(totals.Layers, totals.Width), _sumSquares = new(totals.Layers, totals.Width);

    /// <summary>Counts and maxima, which are whole at any time; sums only after <see cref="Finish"/>.</summary>
    public TapSums Totals { get; } = totals;

    /// <summary>n.</summary>
    public int Width => Totals.Width;

    /// <summary>Adds windows' counts, [rows, n].</summary>
    public void AddCounts(int layer, ReadOnlySpan<int> rows)
    {
        var target = Totals.Count.Write(layer);
        for (; rows.Length > 0; rows = rows[Width..]) Count(rows[..Width], target);
    }

    /// <summary>Takes windows' maxima, [rows, n].</summary>
    public void AddMaxima(int layer, ReadOnlySpan<float> rows)
    {
        var target = Totals.Max.Write(layer);
        for (; rows.Length > 0; rows = rows[Width..]) Maximum(rows[..Width], target);
    }

    /// <summary>Adds windows' sums of x, |x| or x^2, [rows, n], F32 or F64.</summary>
    /// <param name="which">Which of the three.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="source">The tensors of the batch.</param>
    /// <param name="index">The number of the one with these sums.</param>
    /// <param name="first">The first of this language.</param>
    /// <param name="rows">How many.</param>
    /// <param name="host">Brings them to the host.</param>
    /// <exception cref="OverflowException">A value or a sum is out of range.</exception>
    public void AddSums(SumKind which, int layer, LayerRows source, int index, int first, int rows, DeviceRows host)
    {
        var (sums, target) = which switch
        {
            SumKind.Values => (_sum, Totals.Sum),
            SumKind.Sizes => (_sumAbs, Totals.SumAbs),
            _ => (_sumSquares, Totals.SumSquares),
        };
        int from = first * Width, count = rows * Width;
        if (source.View(index).DType == DType.F64) sums.Add(layer, host.Doubles(source, index).Slice(from, count), target.Write(layer));
        else sums.Add(layer, host.Singles(source, index).Slice(from, count), target.Write(layer));
    }

    /// <summary>Makes a layer's sums whole.</summary>
    /// <exception cref="OverflowException">A sum is out of range.</exception>
    public void Finish(int layer)
    {
        _sum.Finish(layer, Totals.Sum.Write(layer));
        _sumAbs.Finish(layer, Totals.SumAbs.Write(layer));
        _sumSquares.Finish(layer, Totals.SumSquares.Write(layer));
    }

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

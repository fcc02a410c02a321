using System.Numerics;

namespace Babel.Analysis.Statistics;

/// <summary>
/// Sums of rows on their way into <see cref="FixedPoint"/>: the same bits as adding value by value, several columns at a time, and with one conversion a
/// column for up to 64 rows.
/// </summary>
/// <remarks>
/// A value x below 2^31 in size is split without error into a multiple a of 2^-16 and a rest of at most 2^-17, which is rounded to a multiple b of
/// 2^-64 (to even, and a is an even multiple, so a + b is <see cref="FixedPoint.FromDouble"/> of x). Up to 64 of each add without error in float64: |sum a| &lt; 2^37
/// and |sum b| &lt;= 2^-11 both fit 53 bits of their grid. Larger values go one by one.
/// </remarks>
public sealed class FixedSums
{
    private const int ExactRows = 64;

    private readonly double[]?[] _coarse;
    private readonly double[]?[] _fine;
    private readonly int[] _rows;
    private readonly int _width;

    /// <summary>Sums of nothing, for <paramref name="layers"/> layers of <paramref name="width"/> columns.</summary>
    public FixedSums(int layers, int width)
    {
        _width = width;
        _rows = new int[layers];
        _coarse = new double[]?[layers];
        _fine = new double[]?[layers];
    }

    /// <summary>Adds rows of one layer; what 64 rows have added up to goes on to <paramref name="target"/>.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="values">[rows, n] row-major.</param>
    /// <param name="target">The layer's fixed-point sums, [n].</param>
    /// <exception cref="OverflowException">A value or a sum is out of range.</exception>
    public void Add(int layer, ReadOnlySpan<double> values, Span<Int128> target)
    {
        for (; values.Length > 0; values = values[_width..])
        {
            if (_rows[layer] == ExactRows) Flush(layer, target);
            _rows[layer]++;
            AddRow(layer, values[.._width], target);
        }
    }

    /// <summary>Moves what is left of a layer to <paramref name="target"/>, and lets its memory go: layer by layer, only one layer has any.</summary>
    /// <exception cref="OverflowException">A sum is out of range.</exception>
    public void Finish(int layer, Span<Int128> target)
    {
        if (_coarse[layer] is not null) Flush(layer, target);
        _coarse[layer] = _fine[layer] = null;
    }

    private void Flush(int layer, Span<Int128> target)
    {
        double[] coarse = _coarse[layer]!, fine = _fine[layer]!;
        for (int k = 0; k < _width; k++)
            target[k] = checked(target[k] + FixedPoint.FromDouble(coarse[k]) + FixedPoint.FromDouble(fine[k]));
        Array.Clear(coarse);
        Array.Clear(fine);
        _rows[layer] = 0;
    }

    private void AddRow(int layer, ReadOnlySpan<double> row, Span<Int128> target)
    {
        // x + 1.5 2^(52 - g) has a last bit of 2^-g, so adding and subtracting it rounds x to that grid
        var coarseGrid = new Vector<double>(1.5 * Math.ScaleB(1, 52 - 16));
        var fineGrid = new Vector<double>(1.5 * Math.ScaleB(1, 52 - 64));
        var limit = new Vector<double>(Math.ScaleB(1, 31));
        Span<double> coarse = _coarse[layer] ??= new double[_width], fine = _fine[layer] ??= new double[_width];
        int k = 0;
        for (; k + Vector<double>.Count <= row.Length; k += Vector<double>.Count)
        {
            var x = new Vector<double>(row[k..]);
            if (!Vector.LessThanAll(Vector.Abs(x), limit))
            {
                AddLarge(row.Slice(k, Vector<double>.Count), target[k..]);
                continue;
            }

            var a = (x + coarseGrid) - coarseGrid;
            (new Vector<double>(coarse[k..]) + a).CopyTo(coarse[k..]);
            (new Vector<double>(fine[k..]) + (((x - a) + fineGrid) - fineGrid)).CopyTo(fine[k..]);
        }

        AddLarge(row[k..], target[k..]);
    }

    private static void AddLarge(ReadOnlySpan<double> values, Span<Int128> target)
    {
        for (int k = 0; k < values.Length; k++) target[k] = checked(target[k] + FixedPoint.FromDouble(values[k]));
    }
}

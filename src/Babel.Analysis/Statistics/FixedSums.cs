using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

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
    private const double CoarseGrid = 1.5 * (1L << (52 - 16));
    private const double FineGrid = 1.5 / (1 << (64 - 52));
    private const double Limit = 1L << 31;

    private readonly double[]?[] _coarse;
    private readonly double[]?[] _fine;
    private readonly int[] _rows;
    private readonly int _width;
    private (double[] Coarse, double[] Fine)? _spare;

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
        for (int rows; values.Length > 0; values = values[(rows * _width)..])
        {
            rows = Begin(layer, values.Length, target);
            AddRows(layer, values, rows, target);
        }
    }

    /// <inheritdoc cref="Add(int, ReadOnlySpan{double}, Span{Int128})"/>
    public void Add(int layer, ReadOnlySpan<float> values, Span<Int128> target)
    {
        for (int rows; values.Length > 0; values = values[(rows * _width)..])
        {
            rows = Begin(layer, values.Length, target);
            AddRows(layer, values, rows, target);
        }
    }

    /// <summary>Moves what is left of a layer to <paramref name="target"/>, and lets the next layer have its memory: layer by layer, only one has any.</summary>
    /// <exception cref="OverflowException">A sum is out of range.</exception>
    public void Finish(int layer, Span<Int128> target)
    {
        if (_coarse[layer] is not { } coarse || _fine[layer] is not { } fine) return;
        Flush(layer, target);
        _spare = (coarse, fine);
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

    /// <summary>How many rows of <paramref name="length"/> values may be added before the next flush.</summary>
    private int Begin(int layer, int length, Span<Int128> target)
    {
        if (_rows[layer] == ExactRows) Flush(layer, target);
        if (_coarse[layer] is null)
        {
            (_coarse[layer], _fine[layer]) = _spare ?? (new double[_width], new double[_width]);
            _spare = null;
        }

        int rows = Math.Min(length / _width, ExactRows - _rows[layer]);
        _rows[layer] += rows;
        return rows;
    }

    private void AddRows(int layer, ReadOnlySpan<double> values, int rows, Span<Int128> target)
    {
        ref double source = ref MemoryMarshal.GetReference(values), coarse = ref _coarse[layer]![0], fine = ref _fine[layer]![0];
        nuint width = (nuint)_width, k = 0;
        for (; k + (nuint)Vector<double>.Count <= width; k += (nuint)Vector<double>.Count)
        {
            Vector<double> a = Vector.LoadUnsafe(ref coarse, k), b = Vector.LoadUnsafe(ref fine, k);
            for (nuint r = 0; r < (nuint)rows; r++)
            {
                var x = Vector.LoadUnsafe(ref source, (r * width) + k);
                if (Vector.LessThanAll(Vector.Abs(x), new Vector<double>(Limit))) Split(x, ref a, ref b);
                else AddLarge(values.Slice((int)((r * width) + k), Vector<double>.Count), target[(int)k..]);
            }

            a.StoreUnsafe(ref coarse, k);
            b.StoreUnsafe(ref fine, k);
        }

        for (int r = 0; r < rows; r++) AddLarge(values[((r * _width) + (int)k)..((r + 1) * _width)], target[(int)k..]);
    }

    /// <summary>The same of float32, which float64 holds exactly: half the bytes to read.</summary>
    private void AddRows(int layer, ReadOnlySpan<float> values, int rows, Span<Int128> target)
    {
        ref float source = ref MemoryMarshal.GetReference(values);
        ref double coarse = ref _coarse[layer]![0], fine = ref _fine[layer]![0];
        nuint width = (nuint)_width, half = (nuint)Vector<double>.Count, k = 0;
        for (; k + (2 * half) <= width; k += 2 * half)
        {
            Vector<double> a = Vector.LoadUnsafe(ref coarse, k), b = Vector.LoadUnsafe(ref fine, k);
            Vector<double> c = Vector.LoadUnsafe(ref coarse, k + half), d = Vector.LoadUnsafe(ref fine, k + half);
            for (nuint r = 0; r < (nuint)rows; r++)
            {
                var x = Vector.LoadUnsafe(ref source, (r * width) + k);
                if (!Vector.LessThanAll(Vector.Abs(x), new Vector<float>((float)Limit)))
                {
                    AddLarge(values.Slice((int)((r * width) + k), Vector<float>.Count), target[(int)k..]);
                    continue;
                }

                Vector.Widen(x, out var low, out var high);
                Split(low, ref a, ref b);
                Split(high, ref c, ref d);
            }

            a.StoreUnsafe(ref coarse, k);
            b.StoreUnsafe(ref fine, k);
            c.StoreUnsafe(ref coarse, k + half);
            d.StoreUnsafe(ref fine, k + half);
        }

        for (int r = 0; r < rows; r++) AddLarge(values[((r * _width) + (int)k)..((r + 1) * _width)], target[(int)k..]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Split(Vector<double> x, ref Vector<double> coarse, ref Vector<double> fine)
    {
        // x + 1.5 2^(52 - g) has a last bit of 2^-g, so adding and subtracting it rounds x to that grid
        Vector<double> coarseGrid = new(CoarseGrid), fineGrid = new(FineGrid), a = (x + coarseGrid) - coarseGrid;
        coarse += a;
        fine += ((x - a) + fineGrid) - fineGrid;
    }

    private static void AddLarge(ReadOnlySpan<double> values, Span<Int128> target)
    {
        for (int k = 0; k < values.Length; k++) target[k] = checked(target[k] + FixedPoint.FromDouble(values[k]));
    }

    private static void AddLarge(ReadOnlySpan<float> values, Span<Int128> target)
    {
        for (int k = 0; k < values.Length; k++) target[k] = checked(target[k] + FixedPoint.FromDouble(values[k]));
    }
}

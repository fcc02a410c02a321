using System.Numerics;
using System.Runtime.CompilerServices;

namespace Babel.Analysis.Statistics;

/// <summary>
/// Sums that do not depend on their order: a number is rounded once to a multiple of 2^-64 and added as a 128-bit two's complement
/// integer. Integer addition is associative, so shards merge to the same bits in any order and any grouping, which no
/// floating-point sum does.
/// </summary>
/// <remarks>
/// The range is +-2^63, the error at most 2^-65 an addend: sums of activations of a document (1e-6 to 1e10 in practice) keep all the
/// bits a float32 has. A sum that would leave the range is an <see cref="OverflowException"/>.
/// </remarks>
public static class FixedPoint
{
    private const int ExactRows = 64;

    private const double Unit = 18446744073709551616.0; // 2^64

    /// <summary>The nearest multiple of 2^-64 (ties to even), in units of 2^-64.</summary>
    /// <exception cref="OverflowException"><paramref name="value"/> is not finite or not below 2^63 in size.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Int128 FromDouble(double value)
    {
        double size = Math.Abs(value);
        if (!(size < 9223372036854775808.0)) ThrowRange(value);
        double whole = Math.Floor(size); // size - whole is exact, and so is its product with a power of two
        var number = new Int128((ulong)whole, (ulong)Math.Round((size - whole) * Unit, MidpointRounding.ToEven));
        return value < 0 ? -number : number;
    }

    /// <summary>The nearest float64 up to one rounding of each half.</summary>
    public static double ToDouble(Int128 number)
    {
        bool negative = Int128.IsNegative(number);
        var size = negative ? unchecked((UInt128)(-number)) : (UInt128)number;
        double value = (double)(ulong)(size >> 64) + ((double)(ulong)size / Unit);
        return negative ? -value : value;
    }

    /// <summary>
    /// <c>target[k] += sum over rows of FromDouble(values[row, k])</c>, the same bits as adding one by one, several columns at a time.
    /// </summary>
    /// <remarks>
    /// A value x below 2^31 in size is split without error into a multiple a of 2^-16 and a rest of at most 2^-17, which is rounded to a multiple b of
    /// 2^-64 (to even, and a is an even multiple, so a + b is <see cref="FromDouble"/> of x). Up to 64 of each add without error in float64: |sum a| &lt; 2^37
    /// and |sum b| &lt;= 2^-11 both fit 53 bits of their grid. Larger values go one by one.
    /// </remarks>
    /// <param name="values">[rows, n] row-major.</param>
    /// <param name="target">[n].</param>
    /// <exception cref="OverflowException">A value or a sum is out of range.</exception>
    public static void AddRows(ReadOnlySpan<double> values, Span<Int128> target)
    {
        int width = target.Length, rows = values.Length / width;
        for (int first = 0; first < rows; first += ExactRows)
        {
            var block = values.Slice(first * width, Math.Min(ExactRows, rows - first) * width);
            int k = 0;
            for (; k + Vector<double>.Count <= width; k += Vector<double>.Count) AddColumns(block, target, k);
            for (; k < width; k++) AddColumn(block, target, k);
        }
    }

    private static void AddColumns(ReadOnlySpan<double> block, Span<Int128> target, int k)
    {
        // x + 1.5 2^(52 - g) has a last bit of 2^-g, so adding and subtracting it rounds x to that grid
        var coarseGrid = new Vector<double>(1.5 * Math.ScaleB(1, 52 - 16));
        var fineGrid = new Vector<double>(1.5 * Math.ScaleB(1, 52 - 64));
        var limit = new Vector<double>(Math.ScaleB(1, 31));
        Vector<double> coarse = default, fine = default;
        var inside = Vector<long>.AllBitsSet;
        for (int at = k; at < block.Length; at += target.Length)
        {
            var x = new Vector<double>(block[at..]);
            inside &= Vector.LessThan(Vector.Abs(x), limit);
            var a = (x + coarseGrid) - coarseGrid;
            coarse += a;
            fine += ((x - a) + fineGrid) - fineGrid;
        }

        for (int lane = 0; lane < Vector<double>.Count; lane++)
        {
            if (inside[lane] == 0) AddColumn(block, target, k + lane);
            else target[k + lane] = checked(target[k + lane] + FromDouble(coarse[lane]) + FromDouble(fine[lane]));
        }
    }

    private static void AddColumn(ReadOnlySpan<double> block, Span<Int128> target, int k)
    {
        for (int at = k; at < block.Length; at += target.Length) target[k] = checked(target[k] + FromDouble(block[at]));
    }

    private static void ThrowRange(double value) =>
        throw new OverflowException($"{value} is outside the fixed-point range of +-2^63 in which statistics are summed");
}

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

    private static void ThrowRange(double value) =>
        throw new OverflowException($"{value} is outside the fixed-point range of +-2^63 in which statistics are summed");
}

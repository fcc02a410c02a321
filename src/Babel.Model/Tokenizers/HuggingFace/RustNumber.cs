using System.Globalization;

namespace Babel.Model.Tokenizers.HuggingFace;

/// <summary>
/// Reads a decimal number as serde_json does by default, digits times or over a power of ten: some numbers of 17 digits
/// come out one unit in the last place off the nearest. Unigram scores tie, and that place breaks ties.
/// </summary>
internal static class RustNumber
{
    private const int LargestPower = 308;

    /// <summary>The nearest double to each power of ten, which repeated multiplication would not give.</summary>
    private static readonly double[] Powers =
        [.. Enumerable.Range(0, LargestPower + 1).Select(static n => double.Parse($"1e{n}", CultureInfo.InvariantCulture))];

    /// <summary>The value of a JSON number, which the text is known to be.</summary>
    public static double Parse(ReadOnlySpan<byte> text)
    {
        var negative = text[0] == '-';
        var at = negative ? 1 : 0;
        ulong digits = 0;
        var exponent = 0;
        var full = false; // no further digit fits in 64 bits; the rest is cut off
        for (var afterPoint = false; at < text.Length && text[at] is not ((byte)'e' or (byte)'E'); at++)
        {
            if (text[at] == '.')
            {
                afterPoint = true;
                continue;
            }

            var digit = (ulong)(text[at] - '0');
            full |= digits > (ulong.MaxValue - digit) / 10;
            if (full)
            {
                if (!afterPoint) exponent++;
                continue;
            }

            digits = (digits * 10) + digit;
            if (afterPoint) exponent--;
        }

        if (at < text.Length) exponent += Exponent(text[(at + 1)..]);
        var value = Scale(digits, exponent);
        return negative ? -value : value;
    }

    private static int Exponent(ReadOnlySpan<byte> text)
    {
        var negative = text[0] == '-';
        if (text[0] is (byte)'-' or (byte)'+') text = text[1..];
        var value = 0;
        foreach (var b in text) value = Math.Min((value * 10) + b - '0', 100_000);
        return negative ? -value : value;
    }

    private static double Scale(ulong digits, int exponent)
    {
        double value = digits;
        while (exponent < -LargestPower && value != 0)
        {
            value /= 1e308;
            exponent += LargestPower;
        }

        if (value == 0) return 0;
        return exponent >= 0 ? value * Power(exponent) : value / Power(-exponent);
    }

    private static double Power(int exponent) => exponent > LargestPower ? double.PositiveInfinity : Powers[exponent];
}

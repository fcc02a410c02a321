using System.Globalization;

namespace Babel.Cli.Inputs;

/// <summary>Amounts of memory as people write them.</summary>
internal static class MemorySize
{
    private static readonly (string Unit, double Bytes)[] s_units =
    [
        ("KiB", 1024.0), ("MiB", 1024.0 * 1024), ("GiB", 1024.0 * 1024 * 1024), ("TiB", 1024.0 * 1024 * 1024 * 1024),
        ("kB", 1e3), ("MB", 1e6), ("GB", 1e9), ("TB", 1e12), ("B", 1),
    ];

    /// <summary>Reads <c>768MiB</c>, <c>2GB</c>, <c>1.5GiB</c>, plain bytes, or <c>50%</c> of what there is; null where it is none of these.</summary>
    /// <param name="text">As the user wrote it.</param>
    /// <param name="available">What a percentage is of.</param>
    public static long? Parse(string text, long available)
    {
        text = text.Trim();
        double unit = 1;
        bool isShare = text.EndsWith('%');
        if (isShare) (text, unit) = (text[..^1], available / 100.0);
        foreach (var (name, bytes) in s_units)
        {
            if (isShare || !text.EndsWith(name, StringComparison.OrdinalIgnoreCase)) continue;
            (text, unit) = (text[..^name.Length], bytes);
            break;
        }

        bool isNumber = double.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out double number);
        double value = Math.Floor(number * unit);
        return isNumber && (!isShare || number <= 100) && value >= 1 && value < long.MaxValue ? (long)value : null;
    }
}

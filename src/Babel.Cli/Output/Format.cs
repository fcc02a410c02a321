using System.Globalization;

namespace Babel.Cli.Output;

/// <summary>Numbers as people read them; always with a point.</summary>
internal static class Format
{
    /// <summary>A count with thousands set apart.</summary>
    public static string Count(long n) => n.ToString("#,0", CultureInfo.InvariantCulture);

    /// <summary>A number with <paramref name="decimals"/> decimals; "-" for one that is not a number.</summary>
    public static string Fixed(double x, int decimals) =>
        double.IsNaN(x) ? "-" : x.ToString("F" + decimals.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    /// <summary>Three significant digits in scientific form: errors and bounds.</summary>
    public static string Small(double x) => x == 0 ? "0" : x.ToString("0.00e+00", CultureInfo.InvariantCulture);

    /// <summary>Bytes in the unit that leaves one to four digits before the point.</summary>
    public static string Bytes(long bytes)
    {
        string[] units = ["B", "KiB", "MiB", "GiB", "TiB"];
        double value = bytes;
        int unit = 0;
        while (value >= 1024 && unit < units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        return unit == 0 ? $"{bytes} B" : Fixed(value, 1) + " " + units[unit];
    }

    /// <summary>A time span: 4s, 3m10s, 2h05m.</summary>
    public static string Duration(TimeSpan span) => span.TotalSeconds switch
    {
        < 60 => string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds:F0}s"),
        < 3600 => string.Create(CultureInfo.InvariantCulture, $"{(int)span.TotalMinutes}m{span.Seconds:D2}s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{(int)span.TotalHours}h{span.Minutes:D2}m"),
    };
}

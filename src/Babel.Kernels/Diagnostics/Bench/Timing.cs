namespace Babel.Kernels.Diagnostics.Bench;

/// <summary>Readings of one thing's time: the median, and the quartiles as its spread, which one interrupted reading does not move.</summary>
/// <param name="Median">Seconds.</param>
/// <param name="Low">Lower quartile, seconds.</param>
/// <param name="High">Upper quartile, seconds.</param>
/// <param name="Readings">How many there were.</param>
public readonly record struct Timing(double Median, double Low, double High, int Readings)
{
    /// <summary>Half the distance of the quartiles over the median.</summary>
    public double Spread => (High - Low) / 2 / Median;

    /// <summary>Median and quartiles of readings, in any order.</summary>
    /// <exception cref="ArgumentException">There are none.</exception>
    public static Timing Of(IEnumerable<double> seconds)
    {
        double[] sorted = [.. seconds.Order()];
        if (sorted.Length == 0) throw new ArgumentException("no readings", nameof(seconds));
        return new Timing(sorted[sorted.Length / 2], sorted[sorted.Length / 4], sorted[sorted.Length * 3 / 4], sorted.Length);
    }
}

namespace Babel.Kernels.Diagnostics.Bench;

/// <summary>One way to multiply two square matrices.</summary>
/// <param name="Side">Rows, outputs and inputs.</param>
/// <param name="Way">Who multiplies, and in what.</param>
/// <param name="Time">Of one product.</param>
/// <param name="Peak">What the device does at most in this way, 10^9 operations a second; NaN where that is not known.</param>
/// <param name="Beside">The way of another library that it is compared with, or null.</param>
/// <param name="OfBeside">Its rate over that one's: the median over rounds in which both were read.</param>
/// <param name="Difference">Root mean square of its result's difference from the exact product's over that of the product, in the first rows.</param>
public sealed record ProductMeasurement(int Side, string Way, Timing Time, double Peak, string? Beside, double OfBeside, double Difference)
{
    /// <summary>2 Side^3.</summary>
    public double Flop => 2.0 * Side * Side * Side;

    /// <summary>10^12 operations a second.</summary>
    public double Teraflops => Flop / Time.Median / 1e12;

    /// <summary>Rate over <see cref="Peak"/>.</summary>
    public double OfPeak => Teraflops * 1e3 / Peak;
}

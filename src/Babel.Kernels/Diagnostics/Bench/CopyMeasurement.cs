namespace Babel.Kernels.Diagnostics.Bench;

/// <summary>How fast bytes get from one memory to another.</summary>
/// <param name="Way">From where to where, and how.</param>
/// <param name="Bytes">Of one copy.</param>
/// <param name="Time">Of one copy.</param>
public sealed record CopyMeasurement(string Way, long Bytes, Timing Time)
{
    /// <summary>10^9 bytes a second.</summary>
    public double Gigabytes => Bytes / Time.Median / 1e9;
}

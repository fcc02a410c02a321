namespace Babel.Kernels.Diagnostics.Bench;

/// <summary>One operator at one size.</summary>
/// <param name="Operator">The method of <see cref="IOps"/>.</param>
/// <param name="Case">Its size, in words.</param>
/// <param name="Time">Of one call.</param>
/// <param name="Flop">What the formula needs: additions and multiplications; 0 where the work is no arithmetic, or not of this kind (exponentials).</param>
/// <param name="Bytes">Operands read and results written, each once.</param>
/// <param name="Ceilings">Of the device, measured in the same run.</param>
public sealed record OperatorMeasurement(string Operator, string Case, Timing Time, double Flop, double Bytes, DeviceCeilings Ceilings)
{
    /// <summary>10^9 operations a second.</summary>
    public double Gflops => Flop / Time.Median / 1e9;

    /// <summary>10^9 bytes a second. Above the ceiling where operands stay in a cache.</summary>
    public double Gigabytes => Bytes / Time.Median / 1e9;

    /// <summary>The least time the work could take (<see cref="DeviceCeilings.LeastSeconds"/>) over the time it took.</summary>
    public double OfCeiling => Ceilings.LeastSeconds(Flop, Bytes) / Time.Median;
}

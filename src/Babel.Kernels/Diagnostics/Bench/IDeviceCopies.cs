namespace Babel.Kernels.Diagnostics.Bench;

/// <summary>A device that can copy in other ways than the program does, as fast as its bus allows.</summary>
internal interface IDeviceCopies
{
    /// <summary>Measures them.</summary>
    /// <param name="bytes">Of a copy, about.</param>
    /// <param name="seconds">For each way, about.</param>
    IEnumerable<CopyMeasurement> MeasureCopies(long bytes, double seconds);
}

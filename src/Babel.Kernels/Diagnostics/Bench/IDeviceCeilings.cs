namespace Babel.Kernels.Diagnostics.Bench;

/// <summary>A device that knows how to measure what it can do at most. One that does not is measured by its own operators, see <see cref="DeviceCeilings"/>.</summary>
public interface IDeviceCeilings
{
    /// <summary>Measures, in about a second, with the threads and instructions the device was opened with.</summary>
    DeviceCeilings MeasureCeilings();
}

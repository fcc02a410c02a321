namespace Babel.Kernels.Diagnostics.Bench;

/// <summary>
/// A device that knows how to measure what it can do at most, with the threads and instructions it was opened with. One that does not is measured by its own
/// operators, see <see cref="DeviceCeilings"/>.
/// </summary>
public interface IDeviceCeilings
{
    /// <summary>Arithmetic, 10^9 operations a second: the best reading within about <paramref name="seconds"/>.</summary>
    Ceiling MeasureArithmetic(double seconds);

    /// <summary>Memory: a pass over as much as no cache holds.</summary>
    MemoryPass OpenMemory();
}

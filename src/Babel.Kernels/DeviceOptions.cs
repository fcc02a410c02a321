namespace Babel.Kernels;

/// <summary>What may be asked of a device when it is opened.</summary>
/// <param name="Threads">Worker threads of a CPU device; 0 for all processors.</param>
/// <param name="Precision">
/// What products are to be computed in. A device without a fast mode computes exactly and says why (<see cref="Device.WhyNotFast"/>).
/// </param>
/// <param name="MemoryBudget">
/// Bytes the run may use: of the process, on a device that computes in host memory; of the device, on one with memory of its own. Null for a share of what
/// there is.
/// </param>
public sealed record DeviceOptions(int Threads = 0, Precision Precision = Precision.Exact, long? MemoryBudget = null);

namespace Babel.Kernels;

/// <summary>What may be asked of a device when it is opened.</summary>
/// <param name="Threads">Worker threads of a CPU device; 0 for all processors.</param>
public sealed record DeviceOptions(int Threads = 0);

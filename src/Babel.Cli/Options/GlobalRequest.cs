using Babel.Kernels;

namespace Babel.Cli.Options;

/// <summary>What the shared options ask for.</summary>
/// <param name="Device">The device's name.</param>
/// <param name="Threads">Worker threads; 0 for all processors.</param>
/// <param name="Precision">What products are computed in.</param>
/// <param name="Memory">Bytes of memory a run may use; null for a share of what there is.</param>
/// <param name="Json">One JSON document on stdout instead of tables.</param>
/// <param name="Quiet">No progress.</param>
internal sealed record GlobalRequest(string Device, int Threads, Precision Precision, long? Memory, bool Json, bool Quiet)
{
    /// <summary>What a device is opened with.</summary>
    public DeviceOptions DeviceOptions => new(Threads, Precision, Memory);
}

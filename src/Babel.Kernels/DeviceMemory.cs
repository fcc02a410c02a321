using System.Runtime.InteropServices;

namespace Babel.Kernels;

/// <summary>
/// A block of memory on a device: what a <see cref="Tensor"/> owns. Released once, by its owner or by the finalizer, whichever
/// comes first.
/// </summary>
public abstract class DeviceMemory : SafeHandle
{
    /// <summary>Creates the handle of a block on <paramref name="device"/>.</summary>
    protected DeviceMemory(Device device, long bytes)
        : base(0, ownsHandle: true)
    {
        Device = device;
        Bytes = bytes;
    }

    /// <summary>The device the block lies on.</summary>
    public Device Device { get; }

    /// <summary>The usable size of the block.</summary>
    public long Bytes { get; }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;
}

using System.Runtime.InteropServices;
using Babel.Kernels.Errors;

namespace Babel.Kernels.Interop;

/// <summary>
/// A block of unmanaged, 64-byte aligned host memory: what the <c>cpu</c> and <c>ref</c> devices compute on. Large blocks begin at a large page and ask for more.
/// </summary>
public sealed unsafe class HostMemory : DeviceMemory
{
    private const nuint Alignment = 64;

    /// <summary>Allocates <paramref name="bytes"/> bytes, not cleared.</summary>
    /// <exception cref="DeviceMemoryException">The system has no such block.</exception>
    public HostMemory(Device device, long bytes)
        : base(device, bytes)
    {
        try
        {
            // One vector of slack: kernels may load, never store, up to 64 bytes past the last element.
            // Unaligned, each end of a block would share a large page with something else and get small ones: a quarter of a weight of 8 MiB.
            SetHandle((nint)NativeMemory.AlignedAlloc(checked((nuint)bytes + Alignment), HugePages.Serve(bytes) ? HugePages.Size : Alignment));
        }
        catch (Exception e) when (e is OutOfMemoryException or OverflowException)
        {
            throw new DeviceMemoryException(
                "not enough host memory",
                where: device.Name,
                expected: $"{bytes} bytes in one block",
                hint: "use a smaller batch, or a machine with more memory",
                inner: e);
        }

        HugePages.Advise((void*)handle, bytes);
        GC.AddMemoryPressure(bytes + 1);
    }

    /// <summary>The address of the first byte. Valid while the owner lives; only <c>Simd</c> and <c>Interop</c> code may hold it.</summary>
    public byte* Address
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsClosed, this);
            return (byte*)handle;
        }
    }

    /// <summary>A span over <paramref name="count"/> elements from element <paramref name="offset"/>.</summary>
    public Span<T> Span<T>(long offset, long count)
        where T : unmanaged
    {
        if (offset < 0 || count < 0 || checked((offset + count) * sizeof(T)) > Bytes)
            throw new ArgumentOutOfRangeException(nameof(count), count, $"elements {offset}..{offset + count} of {Bytes} bytes");
        return new Span<T>((T*)Address + offset, checked((int)count));
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        NativeMemory.AlignedFree((void*)handle);
        GC.RemoveMemoryPressure(Bytes + 1);
        return true;
    }
}

namespace Babel.Kernels.Cuda.Interop;

/// <summary>A block of device memory, leased from the device's pool.</summary>
internal sealed class CudaBuffer : DeviceMemory
{
    private readonly CudaPool _pool;

    /// <summary>Takes a block of <paramref name="bytes"/> bytes.</summary>
    public CudaBuffer(Device device, CudaPool pool, long bytes)
        : base(device, bytes)
    {
        _pool = pool;
        ulong address = pool.Take(bytes);
        bool added = false;
        pool.DangerousAddRef(ref added);
        SetHandle((nint)address);
    }

    /// <summary>Where it lies on the device.</summary>
    public ulong Address
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsClosed, this);
            return (ulong)handle;
        }
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        _pool.Return((ulong)handle, Bytes);
        _pool.DangerousRelease();
        return true;
    }
}

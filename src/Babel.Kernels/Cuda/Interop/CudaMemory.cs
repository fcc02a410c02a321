using Babel.Kernels.Gpu;

namespace Babel.Kernels.Cuda.Interop;

/// <summary>A block of device memory, leased from the device's pool.</summary>
internal sealed class CudaMemory : GpuMemory
{
    // Kernels may read this far behind the last element.
    private const long Slack = 64;
    private readonly CudaPool _pool;

    /// <summary>Takes a block of <paramref name="bytes"/> bytes for <paramref name="purpose"/>.</summary>
    public CudaMemory(GpuDevice device, CudaPool pool, long bytes, string purpose)
        : base(device, bytes)
    {
        _pool = pool;
        ulong address = pool.Take(bytes + Slack, purpose);
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
    protected override bool Free()
    {
        _pool.Return((ulong)handle, Bytes + Slack);
        _pool.DangerousRelease();
        return true;
    }
}

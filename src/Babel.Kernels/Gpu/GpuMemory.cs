using System.Runtime.InteropServices;

namespace Babel.Kernels.Gpu;

/// <summary>
/// A block of a GPU's memory, leased from its pool; <see cref="SafeHandle.DangerousGetHandle"/> is what a kernel gets for it. A block of integers remembers
/// what the host put there: ids and row numbers are checked against it before a kernel runs, without waiting for the device.
/// </summary>
internal sealed class GpuMemory : DeviceMemory
{
    /// <summary>Bytes behind the last element that kernels may read, never write.</summary>
    public const long Slack = 64;

    private readonly GpuPool _pool;
    private int[]? _integers;

    /// <summary>Takes a block, not cleared.</summary>
    /// <exception cref="Errors.DeviceMemoryException">The budget or the device has no room.</exception>
    public GpuMemory(GpuDevice device, GpuPool pool, long bytes, string purpose)
        : base(device, bytes)
    {
        _pool = pool;
        bool added = false;
        pool.DangerousAddRef(ref added);
        try
        {
            SetHandle(pool.Take(bytes, purpose));
        }
        catch
        {
            pool.DangerousRelease();
            throw;
        }
    }

    /// <summary>The driver's handle or address of it; valid while this object lives.</summary>
    public nint Block
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsClosed, this);
            return handle;
        }
    }

    /// <summary>The same, where blocks are addresses.</summary>
    public ulong Address => (ulong)Block;

    /// <summary>Remembers integers that go to element <paramref name="offset"/> and on.</summary>
    public void Remember(ReadOnlySpan<int> values, long offset)
    {
        if (_integers is null)
        {
            // What was never put there is no index.
            _integers = new int[Bytes / sizeof(int)];
            Array.Fill(_integers, int.MinValue);
        }

        values.CopyTo(_integers.AsSpan(checked((int)offset)));
    }

    /// <summary>What the host put into the elements of a view, or nothing if it put none there.</summary>
    public ReadOnlySpan<int> Integers(TensorView view) =>
        _integers is null ? [] : _integers.AsSpan(checked((int)view.Offset), checked((int)view.Count));

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        _pool.Return(handle, Bytes);
        _pool.DangerousRelease();
        return true;
    }
}

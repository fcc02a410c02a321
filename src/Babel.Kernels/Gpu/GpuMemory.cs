using System.Runtime.InteropServices;

namespace Babel.Kernels.Gpu;

/// <summary>
/// A block of a GPU's memory; <see cref="SafeHandle.DangerousGetHandle"/> is what a kernel gets for it. A block of integers remembers what the
/// host put there: ids and row numbers are checked against it before a kernel runs, without waiting for the device.
/// </summary>
internal abstract class GpuMemory(GpuDevice device, long bytes) : DeviceMemory(device, bytes)
{
    private int[]? _integers;

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
    protected sealed override bool ReleaseHandle()
    {
        device.GaveBack(Bytes);
        return Free();
    }

    /// <summary>Gives the block back to the driver; true if that went well.</summary>
    protected abstract bool Free();
}

using System.Runtime.InteropServices;
using Babel.Kernels.Errors;

namespace Babel.Kernels.Gpu;

/// <summary>
/// A device's memory, within a budget. A block given back is kept for the next one of its size: drivers wait for the device when they free memory, and a
/// forward pass asks for the same sizes again and again. A block may be written by its next owner at once, since all work goes through one in-order queue.
/// </summary>
/// <remarks>
/// A handle because every block holds a reference: finalizers in any order give the blocks back before the pool goes. Spare blocks never take more than what
/// is in use beside them when more is allocated, and go back to the driver when the budget or the device has no room left.
/// </remarks>
internal abstract class GpuPool : SafeHandle
{
    // Drivers align to this; smaller differences in size are not worth a block of their own.
    private const long Granularity = 256;
    private readonly long? _budget;
    private readonly Lock _lock = new();
    private readonly SortedDictionary<long, Stack<nint>> _spares = [];
    private long _held;
    private long _used;
    private long _most;

    /// <summary>An empty pool of a device that may hold <paramref name="budget"/> bytes, or what there is.</summary>
    protected GpuPool(string device, long? budget)
        : base(0, ownsHandle: true)
    {
        (Owner, _budget) = (device, budget);

        // Nothing but a sign that there is something to release.
        SetHandle(1);
    }

    /// <inheritdoc/>
    public sealed override bool IsInvalid => handle == 0;

    /// <summary>Whose memory it is, for messages.</summary>
    protected string Owner { get; }

    /// <summary>Bytes of the blocks in use.</summary>
    public long Used => Interlocked.Read(ref _used);

    /// <summary>The most bytes that were in use at a time.</summary>
    public long MostUsed => Interlocked.Read(ref _most);

    /// <summary>What a block of <paramref name="bytes"/> bytes takes.</summary>
    public static long SizeOf(long bytes) => checked(bytes + GpuMemory.Slack + Granularity - 1) / Granularity * Granularity;

    /// <summary>A block for <paramref name="bytes"/> bytes and the slack behind them, its contents undefined.</summary>
    /// <param name="bytes">The usable size, perhaps 0.</param>
    /// <param name="purpose">What it is for, for messages.</param>
    /// <exception cref="DeviceMemoryException">The budget or the device has no room, even with the spare blocks given back.</exception>
    public nint Take(long bytes, string purpose)
    {
        long size = SizeOf(bytes);
        lock (_lock)
        {
            if (_used + size > _budget) throw NoBudget(bytes, purpose);
            if (!TakeSpare(size, out nint block)) block = Allocate(size, bytes, purpose);
            _used += size;
            _most = Math.Max(_most, _used);
            return block;
        }
    }

    /// <summary>Gives a block back. Any thread, finalizers' included; the driver is not called.</summary>
    public void Return(nint block, long bytes)
    {
        long size = SizeOf(bytes);
        lock (_lock)
        {
            _used -= size;
            if (!_spares.TryGetValue(size, out var blocks)) _spares[size] = blocks = new Stack<nint>();
            blocks.Push(block);
        }
    }

    /// <summary>Gives the spare blocks back to the driver. Of a lost device nothing is given back and nothing said: the error that lost it is on its way.</summary>
    public void Trim()
    {
        lock (_lock)
        {
            if (_spares.Count == 0) return;
            try
            {
                Enter();
            }
            catch (DeviceLostException)
            {
                return;
            }

            FreeSpares();
        }
    }

    /// <summary>Allocates a block.</summary>
    /// <param name="size">Its whole size.</param>
    /// <param name="asked">What is asked for, in words.</param>
    /// <exception cref="DeviceMemoryException">The device has no room.</exception>
    protected abstract nint Create(long size, string asked);

    /// <summary>Gives a block back to the driver; failing, it says nothing: there is nobody to tell.</summary>
    protected abstract void Free(nint block);

    /// <summary>What the driver wants before it is called on this thread.</summary>
    protected virtual void Enter()
    {
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        FreeSpares();
        return true;
    }

    private bool TakeSpare(long size, out nint block)
    {
        block = 0;
        if (!_spares.TryGetValue(size, out var blocks)) return false;
        block = blocks.Pop();
        if (blocks.Count == 0) _spares.Remove(size);
        return true;
    }

    private nint Allocate(long size, long bytes, string purpose)
    {
        Enter();
        if (_held + size > _budget || _held - _used > _used) FreeSpares();
        string asked = $"{bytes} bytes for {purpose}, beside {_used} bytes in use";
        nint block;
        try
        {
            block = Create(size, asked);
        }
        catch (DeviceMemoryException) when (_spares.Count > 0)
        {
            FreeSpares();
            block = Create(size, asked);
        }

        _held += size;
        return block;
    }

    private void FreeSpares()
    {
        foreach (var (size, blocks) in _spares)
        {
            foreach (nint block in blocks) Free(block);
            _held -= size * blocks.Count;
        }

        _spares.Clear();
    }

    private DeviceMemoryException NoBudget(long bytes, string purpose) => new(
        "the memory budget is used up",
        $"{Owner}, {purpose}",
        $"at most {_budget} bytes in all",
        $"{bytes} more bytes beside {_used}",
        "use a smaller batch or a larger --memory");
}

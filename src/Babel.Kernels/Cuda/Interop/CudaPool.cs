using System.Globalization;
using System.Runtime.InteropServices;
using Babel.Kernels.Errors;

namespace Babel.Kernels.Cuda.Interop;

/// <summary>
/// Device memory, kept for the next tensor of its size instead of given back: cuMemFree waits for the device, and a forward pass asks for the same
/// sizes again and again. A block given back may be written by the next owner at once, since all work goes through one stream.
/// </summary>
internal sealed unsafe class CudaPool : SafeHandle
{
    // cuMemAlloc aligns to 256 bytes; smaller differences in size are not worth a block of their own.
    private const long Granularity = 256;
    private readonly CudaContext _context;
    private readonly long? _budget;
    private readonly Lock _lock = new();
    private readonly SortedDictionary<long, Stack<ulong>> _free = [];
    private long _held;
    private long _used;

    /// <summary>A pool that keeps no spare blocks beyond <paramref name="budget"/> bytes in all, if that is given.</summary>
    public CudaPool(CudaContext context, long? budget)
        : base(0, ownsHandle: true)
    {
        _context = context;
        _budget = budget;
        context.AddReference();

        // Nothing but a sign that there is something to release.
        SetHandle(1);
    }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>A block of at least <paramref name="bytes"/> bytes for <paramref name="purpose"/>, its contents undefined.</summary>
    /// <exception cref="DeviceMemoryException">The device has no room, even with the pool's spare blocks given back.</exception>
    public ulong Take(long bytes, string purpose)
    {
        long size = Padded(bytes);
        lock (_lock)
        {
            if (!TakeSpare(size, out ulong address)) address = Allocate(size, purpose);
            _used += size;
            return address;
        }
    }

    /// <summary>Gives a block back. Any thread, finalizers' included; the driver is not called.</summary>
    public void Return(ulong address, long bytes)
    {
        long size = Padded(bytes);
        lock (_lock)
        {
            _used -= size;
            if (!_free.TryGetValue(size, out var spares)) _free[size] = spares = new Stack<ulong>();
            spares.Push(address);
        }
    }

    /// <summary>Gives the spare blocks back to the driver.</summary>
    public void Trim()
    {
        lock (_lock)
        {
            _context.MakeCurrent();
            FreeSpares();
        }
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        _context.Api.ContextSetCurrent(_context.DangerousGetHandle());
        FreeSpares();
        _context.DangerousRelease();
        return true;
    }

    private static long Padded(long bytes) => checked(bytes + Granularity - 1) / Granularity * Granularity;

    private bool TakeSpare(long size, out ulong address)
    {
        address = 0;
        if (!_free.TryGetValue(size, out var spares)) return false;
        address = spares.Pop();
        if (spares.Count == 0) _free.Remove(size);
        return true;
    }

    private ulong Allocate(long size, string purpose)
    {
        _context.MakeCurrent();
        if (_held + size > _budget) FreeSpares();
        ulong address = 0;
        var status = _context.Api.MemoryAllocate(&address, (nuint)size);
        if (status == CudaStatus.OutOfMemory && _free.Count > 0)
        {
            FreeSpares();
            status = _context.Api.MemoryAllocate(&address, (nuint)size);
        }

        if (status != CudaStatus.Success)
        {
            throw _context.Error(
                status, "cuMemAlloc", $"{size} bytes for {purpose}, beside {_used} bytes this program uses; {FreeOnDevice()} bytes are free on the device");
        }

        _held += size;
        return address;
    }

    /// <summary>cuMemFree waits for the work that uses the block.</summary>
    private void FreeSpares()
    {
        foreach (var (size, spares) in _free)
        {
            foreach (ulong address in spares) _context.Api.MemoryFree(address);
            _held -= size * spares.Count;
        }

        _free.Clear();
    }

    private string FreeOnDevice()
    {
        nuint free = 0, total = 0;
        return _context.Api.MemoryGetInfo(&free, &total) == CudaStatus.Success ? free.ToString(CultureInfo.InvariantCulture) : "an unknown number of";
    }
}

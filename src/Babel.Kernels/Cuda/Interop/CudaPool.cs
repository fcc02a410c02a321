using System.Globalization;
using Babel.Kernels.Gpu;

namespace Babel.Kernels.Cuda.Interop;

/// <summary>The device memory of a context.</summary>
internal sealed unsafe class CudaPool : GpuPool
{
    private readonly CudaContext _context;

    /// <summary>An empty pool that holds the context.</summary>
    public CudaPool(CudaContext context, long? budget)
        : base(context.Facts.Where, budget)
    {
        _context = context;
        context.AddReference();
    }

    /// <inheritdoc/>
    protected override void Enter() => _context.MakeCurrent();

    /// <inheritdoc/>
    protected override nint Create(long size, string asked)
    {
        ulong address = 0;
        var status = _context.Api.MemoryAllocate(&address, (nuint)size);
        if (status != CudaStatus.Success) throw _context.Error(status, "cuMemAlloc", $"{asked}; {FreeOnDevice()} bytes are free on the device");
        return (nint)address;
    }

    /// <inheritdoc/>
    protected override void Free(nint block) => _context.Api.MemoryFree((ulong)block);

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        _context.Api.ContextSetCurrent(_context.DangerousGetHandle());
        base.ReleaseHandle();
        _context.DangerousRelease();
        return true;
    }

    private string FreeOnDevice()
    {
        nuint free = 0, total = 0;
        return _context.Api.MemoryGetInfo(&free, &total) == CudaStatus.Success ? free.ToString(CultureInfo.InvariantCulture) : "an unknown number of";
    }
}

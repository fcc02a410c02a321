using System.Runtime.InteropServices;

namespace Babel.Kernels.Cuda.Interop;

/// <summary>Page-locked host memory: the only kind the device copies from and to while the host goes on.</summary>
internal sealed unsafe class PinnedMemory : SafeHandle
{
    private readonly CudaContext _context;

    /// <summary>Allocates <paramref name="bytes"/> bytes.</summary>
    public PinnedMemory(CudaContext context, int bytes)
        : base(0, ownsHandle: true)
    {
        _context = context;
        Bytes = bytes;
        context.MakeCurrent();
        void* address = null;
        context.Check(context.Api.HostAllocate(&address, (nuint)bytes, 0), "cuMemHostAlloc", $"{bytes} bytes of page-locked memory");
        context.AddReference();
        SetHandle((nint)address);
    }

    /// <summary>The size.</summary>
    public int Bytes { get; }

    /// <summary>The address.</summary>
    public void* Address => (void*)handle;

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>The bytes.</summary>
    public Span<byte> Span => new(Address, Bytes);

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => _context.Release(&Free, handle);

    private static void Free(CudaApi api, nint address) => api.HostFree((void*)address);
}

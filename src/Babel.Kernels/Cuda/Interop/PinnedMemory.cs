namespace Babel.Kernels.Cuda.Interop;

/// <summary>Page-locked host memory: the only kind the device copies from and to while the host goes on.</summary>
internal sealed unsafe class PinnedMemory : CudaResource
{
    /// <summary>Allocates <paramref name="bytes"/> bytes.</summary>
    public PinnedMemory(CudaContext context, int bytes)
        : base(context, &Free)
    {
        Bytes = bytes;
        void* address = null;
        context.Check(context.Api.HostAllocate(&address, (nuint)bytes, 0), "cuMemHostAlloc", $"{bytes} bytes of page-locked memory");
        Own((nint)address);
    }

    /// <summary>The size.</summary>
    public int Bytes { get; }

    /// <summary>The address.</summary>
    public void* Address => (void*)Handle;

    /// <summary>The bytes.</summary>
    public Span<byte> Span => new(Address, Bytes);

    private static void Free(CudaApi api, nint address) => api.HostFree((void*)address);
}

using System.Runtime.InteropServices;

namespace Babel.Kernels.Cuda.Interop;

/// <summary>A queue of the device: copies and kernels run in the order in which they were put in.</summary>
internal sealed unsafe class CudaStream : SafeHandle
{
    // CU_STREAM_NON_BLOCKING: no implicit order with the legacy default stream of somebody else in the process.
    private const uint NonBlocking = 1;
    private readonly CudaContext _context;

    /// <summary>Creates a queue.</summary>
    public CudaStream(CudaContext context)
        : base(0, ownsHandle: true)
    {
        _context = context;
        context.MakeCurrent();
        nint stream = 0;
        context.Check(context.Api.StreamCreate(&stream, NonBlocking), "cuStreamCreate", "a stream");
        context.AddReference();
        SetHandle(stream);
    }

    /// <summary>The driver's handle.</summary>
    public nint Handle => handle;

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>Waits until everything put in is done.</summary>
    public void Synchronize()
    {
        _context.MakeCurrent();
        _context.Check(_context.Api.StreamSynchronize(handle), "cuStreamSynchronize", "the end of the enqueued work");
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => _context.Release(&Destroy, handle);

    private static void Destroy(CudaApi api, nint stream) => api.StreamDestroy(stream);
}

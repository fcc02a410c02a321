using System.Runtime.InteropServices;

namespace Babel.Kernels.Cuda.Interop;

/// <summary>A mark in a stream that the host can wait for.</summary>
internal sealed unsafe class CudaEvent : SafeHandle
{
    // CU_EVENT_DISABLE_TIMING.
    private const uint NoTiming = 2;
    private readonly CudaContext _context;

    /// <summary>Creates a mark that is not yet set; waiting for it returns at once.</summary>
    public CudaEvent(CudaContext context)
        : base(0, ownsHandle: true)
    {
        _context = context;
        context.MakeCurrent();
        nint mark = 0;
        context.Check(context.Api.EventCreate(&mark, NoTiming), "cuEventCreate", "an event");
        context.AddReference();
        SetHandle(mark);
    }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>Sets the mark behind everything put into <paramref name="stream"/> so far.</summary>
    public void Record(CudaStream stream) =>
        _context.Check(_context.Api.EventRecord(handle, stream.Handle), "cuEventRecord", "a mark in the stream");

    /// <summary>Waits for the mark.</summary>
    public void Wait() => _context.Check(_context.Api.EventSynchronize(handle), "cuEventSynchronize", "a copy to end");

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => _context.Release(&Destroy, handle);

    private static void Destroy(CudaApi api, nint mark) => api.EventDestroy(mark);
}

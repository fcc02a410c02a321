namespace Babel.Kernels.Cuda.Interop;

/// <summary>A mark in a stream that the host can wait for.</summary>
internal sealed unsafe class CudaEvent : CudaResource
{
    // CU_EVENT_DISABLE_TIMING.
    private const uint NoTiming = 2;

    /// <summary>Creates a mark that is not yet set; waiting for it returns at once.</summary>
    public CudaEvent(CudaContext context)
        : base(context, &Destroy)
    {
        nint mark = 0;
        context.Check(context.Api.EventCreate(&mark, NoTiming), "cuEventCreate", "an event");
        Own(mark);
    }

    /// <summary>Whether the device has come to the mark; does not wait.</summary>
    public bool IsReached
    {
        get
        {
            Context.MakeCurrent();
            var status = Context.Api.EventQuery(Handle);
            if (status != CudaStatus.NotReady) Context.Check(status, "cuEventQuery", "whether a copy has ended");
            return status == CudaStatus.Success;
        }
    }

    /// <summary>Sets the mark behind everything put into <paramref name="stream"/> so far.</summary>
    public void Record(CudaStream stream) =>
        Context.Check(Context.Api.EventRecord(Handle, stream.Handle), "cuEventRecord", "a mark in the stream");

    /// <summary>Waits for the mark.</summary>
    public void Wait()
    {
        Context.MakeCurrent();
        Context.Check(Context.Api.EventSynchronize(Handle), "cuEventSynchronize", "a copy to end");
    }

    private static void Destroy(CudaApi api, nint mark) => api.EventDestroy(mark);
}

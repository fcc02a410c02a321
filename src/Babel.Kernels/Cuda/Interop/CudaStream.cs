namespace Babel.Kernels.Cuda.Interop;

/// <summary>A queue of the device: copies and kernels run in the order in which they were put in.</summary>
internal sealed unsafe class CudaStream : CudaResource
{
    // CU_STREAM_NON_BLOCKING: no implicit order with the legacy default stream of somebody else in the process.
    private const uint NonBlocking = 1;

    /// <summary>Creates a queue.</summary>
    public CudaStream(CudaContext context)
        : base(context, &Destroy)
    {
        nint stream = 0;
        context.Check(context.Api.StreamCreate(&stream, NonBlocking), "cuStreamCreate", "a stream");
        Own(stream);
    }

    /// <summary>Waits until everything put in is done.</summary>
    public void Synchronize()
    {
        Context.MakeCurrent();
        Context.Check(Context.Api.StreamSynchronize(Handle), "cuStreamSynchronize", "the end of the enqueued work");
    }

    /// <summary>Waits as <see cref="Synchronize"/> does, where something is given back: what goes wrong, a lost device above all, is not looked at.</summary>
    public void Drain()
    {
        Context.Api.ContextSetCurrent(Context.DangerousGetHandle());
        Context.Api.StreamSynchronize(Handle);
    }

    private static void Destroy(CudaApi api, nint stream) => api.StreamDestroy(stream);
}

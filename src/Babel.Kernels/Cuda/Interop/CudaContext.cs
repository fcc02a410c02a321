using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Babel.Kernels.Errors;

namespace Babel.Kernels.Cuda.Interop;

/// <summary>
/// A lease of a GPU's primary context, the one all users of the device in this process share. Everything made in it (memory, modules, streams)
/// holds a reference, so that finalizers in any order release it last.
/// </summary>
internal sealed unsafe class CudaContext : SafeHandle
{
    private readonly int _device;
    private BabelException? _lost;

    private CudaContext(CudaApi api, CudaDeviceFacts facts)
        : base(0, ownsHandle: true)
    {
        Api = api;
        Facts = facts;
        _device = facts.Handle;
    }

    /// <summary>The driver.</summary>
    public CudaApi Api { get; }

    /// <summary>The device.</summary>
    public CudaDeviceFacts Facts { get; }

    /// <summary>Whether the driver describes matrices for the tensor memory accelerator (CUDA 12).</summary>
    public bool HasTensorMaps => Api.TensorMapEncode is not null;

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>Takes the lease.</summary>
    /// <exception cref="DeviceUnavailableException">The device gives no context.</exception>
    public static CudaContext Open(CudaApi api, CudaDeviceFacts facts)
    {
        var context = new CudaContext(api, facts);
        nint handle = 0;
        context.Check(api.PrimaryContextRetain(&handle, facts.Handle), "cuDevicePrimaryCtxRetain", "the device's primary context");
        context.SetHandle(handle);
        return context;
    }

    /// <summary>
    /// Makes the context the calling thread's. Every call that needs one begins so: a thread of the pool or the finalizer has none.
    /// </summary>
    /// <exception cref="DeviceLostException">The context met a sticky error before.</exception>
    public void MakeCurrent()
    {
        if (_lost is not null) throw Again(_lost);
        ObjectDisposedException.ThrowIf(IsClosed, this);
        Check(Api.ContextSetCurrent(handle), "cuCtxSetCurrent", "the device's primary context");
    }

    /// <summary>Throws unless <paramref name="status"/> is success.</summary>
    public void Check(CudaStatus status, string call, [InterpolatedStringHandlerArgument(nameof(status))] AskedText asked)
    {
        if (status != CudaStatus.Success) throw Error(status, call, asked.Take());
    }

    /// <summary>Throws unless <paramref name="status"/> is success.</summary>
    public void Check(CudaStatus status, string call, string asked)
    {
        if (status != CudaStatus.Success) throw Error(status, call, asked);
    }

    /// <summary>The error of a call, and the end of the context where the code is sticky.</summary>
    public BabelException Error(CudaStatus status, string call, string asked)
    {
        var error = CudaErrors.Of(call, status, Api.NameOf(status), Facts.Where, asked);
        if (error is DeviceLostException) _lost ??= error;
        return error;
    }

    /// <summary>Enqueues a copy within the device.</summary>
    public void Copy(ulong source, ulong destination, long bytes, CudaStream stream)
    {
        MakeCurrent();
        Check(
            Api.CopyOnDevice(destination, source, (nuint)bytes, stream.Handle), "cuMemcpyDtoDAsync", $"a copy of {bytes} bytes on the device");
    }

    /// <summary>Enqueues setting bytes to 0.</summary>
    public void Clear(ulong address, long bytes, CudaStream stream)
    {
        MakeCurrent();
        Check(Api.SetBytes(address, 0, (nuint)bytes, stream.Handle), "cuMemsetD8Async", $"{bytes} bytes set to 0");
    }

    /// <summary>
    /// Runs a release on whatever thread it comes, finalizers' included. What it returns is not looked at: there is nobody to tell, and a lost
    /// context gives everything back with itself.
    /// </summary>
    public bool Release(delegate*<CudaApi, nint, void> release, nint what)
    {
        Api.ContextSetCurrent(handle);
        release(Api, what);
        DangerousRelease();
        return true;
    }

    /// <summary>Keeps the context until a matching <see cref="Release"/>.</summary>
    public void AddReference()
    {
        bool added = false;
        DangerousAddRef(ref added);
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => Api.PrimaryContextRelease(_device) == CudaStatus.Success;

    private static DeviceLostException Again(BabelException first) =>
        new(first.What, first.Where, first.Expected, first.Found, first.Hint, first);
}

using System.Runtime.InteropServices;

namespace Babel.Kernels.Cuda.Interop;

/// <summary>Something made in a context, released once, by its owner or by the finalizer; the context stays until then.</summary>
internal abstract unsafe class CudaResource : SafeHandle
{
    private readonly delegate*<CudaApi, nint, void> _destroy;

    /// <summary>Makes the context current; the subclass creates the thing and hands it to <see cref="Own"/>.</summary>
    protected CudaResource(CudaContext context, delegate*<CudaApi, nint, void> destroy)
        : base(0, ownsHandle: true)
    {
        Context = context;
        _destroy = destroy;
        context.MakeCurrent();
    }

    /// <summary>The driver's handle; valid while this object lives.</summary>
    public nint Handle
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsClosed, this);
            return handle;
        }
    }

    /// <inheritdoc/>
    public sealed override bool IsInvalid => handle == 0;

    /// <summary>Where it was made.</summary>
    protected CudaContext Context { get; }

    /// <summary>Takes what the driver created.</summary>
    protected void Own(nint created)
    {
        Context.AddReference();
        SetHandle(created);
    }

    /// <inheritdoc/>
    protected sealed override bool ReleaseHandle() => Context.Release(_destroy, handle);
}

using System.Runtime.InteropServices;

namespace Babel.Kernels.OpenCl.Interop;

/// <summary>An object of the driver, released once: by its owner or by the finalizer. The driver counts references, so the order does not matter.</summary>
internal sealed class OpenClHandle : SafeHandle
{
    private readonly IOpenCl _api;
    private readonly OpenClObject _kind;

    /// <summary>Takes what a call of the driver created.</summary>
    public OpenClHandle(IOpenCl api, OpenClObject kind, nint created)
        : base(0, ownsHandle: true)
    {
        _api = api;
        _kind = kind;
        SetHandle(created);
    }

    /// <summary>The handle as the driver wants it; valid while this object lives.</summary>
    public nint Value
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsClosed, this);
            return handle;
        }
    }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => _api.Release(_kind, handle) == 0;
}

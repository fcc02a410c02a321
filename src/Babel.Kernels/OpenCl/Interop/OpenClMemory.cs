using Babel.Kernels.Gpu;

namespace Babel.Kernels.OpenCl.Interop;

/// <summary>A cl_mem.</summary>
internal sealed class OpenClMemory : GpuMemory
{
    private readonly IOpenCl _api;

    /// <summary>Takes what clCreateBuffer gave.</summary>
    public OpenClMemory(GpuDevice device, IOpenCl api, nint buffer, long bytes)
        : base(device, bytes)
    {
        _api = api;
        SetHandle(buffer);
    }

    /// <inheritdoc/>
    protected override bool Free() => _api.Release(OpenClObject.Buffer, handle) == 0;
}

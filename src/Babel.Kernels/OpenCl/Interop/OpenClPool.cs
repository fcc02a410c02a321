using Babel.Kernels.Errors;
using Babel.Kernels.Gpu;

namespace Babel.Kernels.OpenCl.Interop;

/// <summary>The buffers of a context.</summary>
internal sealed class OpenClPool(IOpenCl api, OpenClDeviceFacts facts, string device, OpenClHandle context, long? budget) : GpuPool(device, budget)
{
    /// <inheritdoc/>
    protected override nint Create(long size, string asked)
    {
        if ((ulong)size > facts.LargestBuffer)
            throw new DeviceMemoryException("the device takes no buffer of this size", Owner, $"at most {facts.LargestBuffer} bytes", asked, "use a smaller batch");
        nint buffer = api.CreateBuffer(context.Value, (nuint)size, out int error);
        OpenClError.Check(error, "clCreateBuffer", Owner, asked);
        return buffer;
    }

    /// <inheritdoc/>
    protected override void Free(nint block) => api.Release(OpenClObject.Buffer, block);
}

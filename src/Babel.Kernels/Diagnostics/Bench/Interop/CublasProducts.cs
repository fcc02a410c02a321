using Babel.Kernels.Cuda;
using Babel.Kernels.Cuda.Interop;
using Babel.Kernels.Gpu;

namespace Babel.Kernels.Diagnostics.Bench.Interop;

/// <summary>cuBLAS on a device of ours: its context, its stream, its memory.</summary>
internal sealed class CublasProducts : IDisposable
{
    private readonly CudaDevice _device;
    private readonly CublasLibrary _library;
    private readonly nint _handle;

    /// <summary>Creates a handle on the device.</summary>
    public CublasProducts(CudaDevice device, CublasLibrary library)
    {
        (_device, _library) = (device, library);
        device.Context.MakeCurrent();
        _handle = library.Create(device.Stream.Handle);
        try
        {
            int version = library.Version(_handle);
            Description = $"cuBLAS {version / 10000}.{version % 10000 / 100}.{version % 100}";
        }
        catch
        {
            library.Destroy(_handle);
            throw;
        }
    }

    /// <summary>Its name and version.</summary>
    public string Description { get; }

    /// <summary>Enqueues <c>y = x W^T</c>; matrices row-major in the types of <paramref name="kind"/>.</summary>
    public void Multiply(CublasKind kind, int m, int n, int k, DeviceMemory x, Weight w, DeviceMemory y)
    {
        _device.Context.MakeCurrent();
        _library.Multiply(_handle, kind, m, n, k, ((GpuMemory)x).Address, ((GpuMemory)((GpuWeight)w).Memory).Address, ((GpuMemory)y).Address);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _device.Context.MakeCurrent();
        _library.Destroy(_handle);
    }
}

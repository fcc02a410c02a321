using System.Globalization;
using System.Runtime.InteropServices;
using Babel.Kernels.Errors;

namespace Babel.Kernels.Cuda.Interop;

/// <summary>What the driver says about a GPU.</summary>
/// <param name="Ordinal">Its number, as in <c>cuda:0</c>.</param>
/// <param name="Handle">The driver's handle.</param>
/// <param name="Name">Its name.</param>
/// <param name="Memory">Its memory, in bytes.</param>
/// <param name="DriverVersion">The newest CUDA the driver speaks, 1000 major + 10 minor.</param>
/// <param name="Major">Compute capability, before the point.</param>
/// <param name="Minor">Compute capability, after the point.</param>
/// <param name="Processors">Streaming multiprocessors.</param>
/// <param name="SharedMemory">Shared memory a block may have when it asks for it, in bytes.</param>
internal sealed record CudaDeviceFacts(
    int Ordinal, int Handle, string Name, long Memory, int DriverVersion, int Major, int Minor, int Processors, int SharedMemory)
{
    // CUdevice_attribute.
    private const int MultiprocessorCount = 16;
    private const int ComputeCapabilityMajor = 75;
    private const int ComputeCapabilityMinor = 76;
    private const int MaxSharedMemoryPerBlockOptin = 97;

    /// <summary>How messages name it.</summary>
    public string Where => $"cuda:{Ordinal} ({Name})";

    /// <summary>Compute capability as one number: 70, 80, 90.</summary>
    public int Capability => (10 * Major) + Minor;

    /// <summary>Why the kernels cannot run on it, or null.</summary>
    public string? Unusable => Major >= 7
        ? null
        : $"{Name} has compute capability {Major}.{Minor}; the kernels need 7.0 (Volta, 2017) or later";

    /// <summary>Why no product can run on tensor cores, or null.</summary>
    public string? WhyNoTensorCores => Capability >= TensorProducts.LeastCapability
        ? null
        : $"they take bf16 from compute capability {TensorProducts.LeastCapability / 10}.0 on";

    /// <summary>One line: name, memory, capability, processors, driver.</summary>
    public string Describe() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Name}, {Memory / (double)(1L << 30):0.0} GiB, compute capability {Major}.{Minor}, {Processors} multiprocessors, CUDA {DriverVersion / 1000}.{DriverVersion % 1000 / 10}");

    /// <summary>How many GPUs there are.</summary>
    public static unsafe int Count(CudaApi api)
    {
        int count = 0;
        Check(api, api.DeviceGetCount(&count), "cuDeviceGetCount", "cuda");
        return count;
    }

    /// <summary>Asks the driver about GPU <paramref name="ordinal"/>.</summary>
    /// <exception cref="DeviceUnavailableException">There is none of that number.</exception>
    public static unsafe CudaDeviceFacts Read(CudaApi api, int ordinal)
    {
        const int NameLength = 256;
        string where = $"cuda:{ordinal}";
        int handle = 0, version = 0;
        nuint memory = 0;
        byte* name = stackalloc byte[NameLength];
        Check(api, api.DeviceGet(&handle, ordinal), "cuDeviceGet", where);
        int device = handle;
        Check(api, api.DeviceGetName(name, NameLength, device), "cuDeviceGetName", where);
        Check(api, api.DeviceTotalMem(&memory, device), "cuDeviceTotalMem", where);
        Check(api, api.DriverGetVersion(&version), "cuDriverGetVersion", where);
        return new CudaDeviceFacts(
            ordinal,
            device,
            Marshal.PtrToStringUTF8((nint)name)!,
            (long)memory,
            version,
            Attribute(ComputeCapabilityMajor),
            Attribute(ComputeCapabilityMinor),
            Attribute(MultiprocessorCount),
            Attribute(MaxSharedMemoryPerBlockOptin));

        int Attribute(int which)
        {
            int value = 0;
            Check(api, api.DeviceGetAttribute(&value, which, device), "cuDeviceGetAttribute", where);
            return value;
        }
    }

    private static void Check(CudaApi api, CudaStatus status, string call, string where)
    {
        if (status != CudaStatus.Success) throw CudaErrors.Of(call, status, api.NameOf(status), where, "what the device is");
    }
}

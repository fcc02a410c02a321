using System.Runtime.InteropServices;
using Babel.Kernels.Errors;

namespace Babel.Kernels.Cuda.Interop;

/// <summary>Finds and starts the CUDA driver. The library stays loaded: the driver does not survive being unloaded.</summary>
internal static unsafe class CudaLibrary
{
    /// <summary>Loads the driver's library and calls cuInit.</summary>
    /// <param name="path">A library to load in its place (tests), or null for the system's.</param>
    /// <exception cref="DeviceUnavailableException">There is no driver, or it does not start; the message says which.</exception>
    public static CudaApi Load(string? path)
    {
        string[] names = path is not null ? [path] : SystemNames();
        nint library = 0;
        foreach (string name in names)
        {
            if (NativeLibrary.TryLoad(name, out library)) break;
        }

        if (library == 0)
        {
            throw new DeviceUnavailableException(
                OperatingSystem.IsMacOS() ? "macOS has no CUDA driver" : $"no NVIDIA driver: {string.Join(", ", names)} is not there",
                where: "cuda",
                hint: "install NVIDIA's driver; the CUDA toolkit is not needed");
        }

        CudaApi api;
        try
        {
            api = new CudaApi(library);
        }
        catch (EntryPointNotFoundException e)
        {
            throw new DeviceUnavailableException("the CUDA driver is too old", "cuda", "CUDA 11 or later", e.Message, "update the driver", e);
        }

        var status = api.Init(0);
        if (status == CudaStatus.Success) return api;
        throw new DeviceUnavailableException(
            CudaErrors.UnusableReason(status) ?? "the CUDA driver does not start",
            "cuda",
            found: $"cuInit returned {api.NameOf(status)} ({(int)status})");
    }

    private static string[] SystemNames() => OperatingSystem.IsWindows() ? ["nvcuda.dll"] : ["libcuda.so.1", "libcuda.so"];
}

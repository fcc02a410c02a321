using Babel.Kernels.Errors;

namespace Babel.Kernels.Cuda.Interop;

/// <summary>Turns what the driver returns into the program's errors.</summary>
internal static class CudaErrors
{
    /// <summary>
    /// Whether a context cannot be used any more after this code: every later call returns it again, whatever is asked ("sticky" errors of the
    /// CUDA Driver API: faults of a kernel, of the memory or of the link).
    /// </summary>
    public static bool IsSticky(CudaStatus status) => status is
        CudaStatus.Deinitialized or CudaStatus.EccUncorrectable or CudaStatus.NvlinkUncorrectable or CudaStatus.IllegalAddress
        or CudaStatus.Contained or CudaStatus.LaunchTimeout or CudaStatus.ContextIsDestroyed or CudaStatus.Assert or CudaStatus.Unknown
        or CudaStatus.TensorMemoryLeak or CudaStatus.MpsClientTerminated or CudaStatus.ExternalDevice
        or (>= CudaStatus.HardwareStackError and <= CudaStatus.LaunchFailed);

    /// <summary>The error of a call: what was called, what was asked, and the code's name.</summary>
    /// <param name="call">The entry point.</param>
    /// <param name="status">What it returned.</param>
    /// <param name="name">The code's name, as the driver gives it.</param>
    /// <param name="where">The device.</param>
    /// <param name="asked">What was asked of it.</param>
    public static BabelException Of(string call, CudaStatus status, string name, string where, string asked)
    {
        string found = $"{call} returned {name} ({(int)status})";
        return status switch
        {
            CudaStatus.OutOfMemory => new DeviceMemoryException(
                "the GPU has not enough memory", where, asked, found, "use a smaller --batch-tokens, or close what else uses the device"),
            _ when IsSticky(status) => new DeviceLostException(
                "the GPU was lost: after this error nothing more can run in its context",
                where,
                asked,
                found,
                "start the same command again: stored results are complete and it goes on after them; if it comes back, run `babel selftest` on the device"),
            _ when UnusableReason(status) is { } reason => new DeviceUnavailableException(reason, where, asked, found),
            _ => new KernelException("a call of the CUDA driver failed", where, asked, found),
        };
    }

    /// <summary>Why a device with this code cannot be used at all, or null for a code that says nothing of the kind.</summary>
    public static string? UnusableReason(CudaStatus status) => status switch
    {
        CudaStatus.NoDevice => "the driver sees no NVIDIA GPU",
        CudaStatus.InvalidDevice => "there is no such GPU",
        CudaStatus.DeviceUnavailable => "the GPU is taken, or in a mode that allows no further process",
        CudaStatus.StubLibrary => "libcuda is a stub to link against, not a driver",
        CudaStatus.NotInitialized => "the CUDA driver did not start",
        CudaStatus.SystemDriverMismatch => "the CUDA library and the kernel's driver are of different versions (a restart usually mends it)",
        CudaStatus.CompatNotSupportedOnDevice => "the CUDA library is newer than the kernel's driver allows on this GPU",
        CudaStatus.NoBinaryForGpu => "the kernels were not built for this GPU",
        CudaStatus.InvalidPtx or CudaStatus.UnsupportedPtxVersion => "the driver is too old for the kernels' PTX",
        CudaStatus.JitCompilerNotFound => "the driver comes without its PTX compiler",
        _ => null,
    };
}

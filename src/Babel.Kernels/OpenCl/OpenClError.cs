using System.Globalization;
using Babel.Kernels.Errors;

namespace Babel.Kernels.OpenCl;

/// <summary>From the driver's error codes to exceptions that say which call failed, with what, and what was asked for.</summary>
internal static class OpenClError
{
    private const int AllocationFailure = -4;
    private const int OutOfResources = -5;
    private const int OutOfHostMemory = -6;
    private const int InvalidValue = -30;
    private const int FirstInvalidLaunch = -46;
    private const int LastInvalidLaunch = -56;
    private const int InvalidBufferSize = -61;
    private const int InvalidGlobalSize = -63;

    private static readonly Dictionary<int, string> Names = new()
    {
        [-1] = "CL_DEVICE_NOT_FOUND",
        [-2] = "CL_DEVICE_NOT_AVAILABLE",
        [-3] = "CL_COMPILER_NOT_AVAILABLE",
        [AllocationFailure] = "CL_MEM_OBJECT_ALLOCATION_FAILURE",
        [OutOfResources] = "CL_OUT_OF_RESOURCES",
        [OutOfHostMemory] = "CL_OUT_OF_HOST_MEMORY",
        [-7] = "CL_PROFILING_INFO_NOT_AVAILABLE",
        [-8] = "CL_MEM_COPY_OVERLAP",
        [-11] = "CL_BUILD_PROGRAM_FAILURE",
        [-14] = "CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST",
        [InvalidValue] = "CL_INVALID_VALUE",
        [-32] = "CL_INVALID_PLATFORM",
        [-33] = "CL_INVALID_DEVICE",
        [-34] = "CL_INVALID_CONTEXT",
        [-36] = "CL_INVALID_COMMAND_QUEUE",
        [-38] = "CL_INVALID_MEM_OBJECT",
        [-42] = "CL_INVALID_BINARY",
        [-43] = "CL_INVALID_BUILD_OPTIONS",
        [-44] = "CL_INVALID_PROGRAM",
        [-45] = "CL_INVALID_PROGRAM_EXECUTABLE",
        [FirstInvalidLaunch] = "CL_INVALID_KERNEL_NAME",
        [-48] = "CL_INVALID_KERNEL",
        [-49] = "CL_INVALID_ARG_INDEX",
        [-50] = "CL_INVALID_ARG_VALUE",
        [-51] = "CL_INVALID_ARG_SIZE",
        [-52] = "CL_INVALID_KERNEL_ARGS",
        [-53] = "CL_INVALID_WORK_DIMENSION",
        [-54] = "CL_INVALID_WORK_GROUP_SIZE",
        [-55] = "CL_INVALID_WORK_ITEM_SIZE",
        [-58] = "CL_INVALID_EVENT",
        [-59] = "CL_INVALID_OPERATION",
        [InvalidBufferSize] = "CL_INVALID_BUFFER_SIZE",
        [InvalidGlobalSize] = "CL_INVALID_GLOBAL_WORK_SIZE",
        [-1001] = "CL_PLATFORM_NOT_FOUND_KHR",
    };

    /// <summary>A code's name.</summary>
    public static string NameOf(int code) => Names.GetValueOrDefault(code) is { } name ? $"{name} ({code})" : $"error {code.ToString(CultureInfo.InvariantCulture)}";

    /// <summary>Passes success.</summary>
    /// <param name="code">What the call returned.</param>
    /// <param name="call">The entry point.</param>
    /// <param name="where">Device and purpose.</param>
    /// <param name="asked">What was asked for.</param>
    /// <exception cref="DeviceMemoryException">The device or the host has no memory left.</exception>
    /// <exception cref="KernelException">The call itself is wrong for this device; nothing is lost.</exception>
    /// <exception cref="DeviceLostException">Any other failure: what was enqueued may be lost.</exception>
    public static void Check(int code, string call, string where, string asked)
    {
        if (code != 0) throw Of(code, call, where, asked);
    }

    private static BabelException Of(int code, string call, string where, string asked)
    {
        string found = $"{call} returned {NameOf(code)}";

        // Drivers report a kernel that broke, too, as a lack of resources; a buffer that cannot be made is a lack of memory.
        bool memory = code is AllocationFailure or OutOfHostMemory or InvalidBufferSize || (code == OutOfResources && call == "clCreateBuffer");
        if (memory)
            return new DeviceMemoryException("the device has no room", where, asked, found, "use a smaller batch, or a device with more memory");
        if (code is InvalidValue or InvalidGlobalSize or (<= FirstInvalidLaunch and >= LastInvalidLaunch))
            return new KernelException("the driver refuses a call", where, asked, found);
        return new DeviceLostException(
            "the device failed", where, asked, found, "what was stored before is whole: run the same command again to go on from there");
    }
}

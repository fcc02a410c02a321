using System.Runtime.InteropServices;

namespace Babel.Kernels.Cuda.Interop;

/// <summary>
/// The entry points of the CUDA driver this program calls: a table of function pointers, so that nothing of the toolkit is needed and a test can put
/// its own function in the place of one. Signatures: CUDA Driver API reference manual; the <c>_v2</c> names are the current ones.
/// </summary>
internal sealed unsafe class CudaApi
{
    private readonly nint _library;

    /// <summary>Looks every entry point up.</summary>
    /// <exception cref="EntryPointNotFoundException">The library lacks one that is not optional: it is older than CUDA 11.</exception>
    public CudaApi(nint library)
    {
        _library = library;
        Init = (delegate* unmanaged<uint, CudaStatus>)Find("cuInit");
        DriverGetVersion = (delegate* unmanaged<int*, CudaStatus>)Find("cuDriverGetVersion");
        GetErrorName = (delegate* unmanaged<CudaStatus, byte**, CudaStatus>)Find("cuGetErrorName");
        DeviceGetCount = (delegate* unmanaged<int*, CudaStatus>)Find("cuDeviceGetCount");
        DeviceGet = (delegate* unmanaged<int*, int, CudaStatus>)Find("cuDeviceGet");
        DeviceGetName = (delegate* unmanaged<byte*, int, int, CudaStatus>)Find("cuDeviceGetName");
        DeviceTotalMem = (delegate* unmanaged<nuint*, int, CudaStatus>)Find("cuDeviceTotalMem_v2");
        DeviceGetAttribute = (delegate* unmanaged<int*, int, int, CudaStatus>)Find("cuDeviceGetAttribute");
        PrimaryContextRetain = (delegate* unmanaged<nint*, int, CudaStatus>)Find("cuDevicePrimaryCtxRetain");
        PrimaryContextRelease = (delegate* unmanaged<int, CudaStatus>)Find("cuDevicePrimaryCtxRelease_v2");
        ContextSetCurrent = (delegate* unmanaged<nint, CudaStatus>)Find("cuCtxSetCurrent");
        ModuleLoadData = (delegate* unmanaged<nint*, void*, uint, int*, void**, CudaStatus>)Find("cuModuleLoadDataEx");
        ModuleUnload = (delegate* unmanaged<nint, CudaStatus>)Find("cuModuleUnload");
        ModuleGetFunction = (delegate* unmanaged<nint*, nint, byte*, CudaStatus>)Find("cuModuleGetFunction");
        FunctionGetAttribute = (delegate* unmanaged<int*, int, nint, CudaStatus>)Find("cuFuncGetAttribute");
        FunctionSetAttribute = (delegate* unmanaged<nint, int, int, CudaStatus>)Find("cuFuncSetAttribute");
        LaunchKernel = (delegate* unmanaged<nint, uint, uint, uint, uint, uint, uint, uint, nint, void**, void**, CudaStatus>)Find("cuLaunchKernel");
        MemoryAllocate = (delegate* unmanaged<ulong*, nuint, CudaStatus>)Find("cuMemAlloc_v2");
        MemoryFree = (delegate* unmanaged<ulong, CudaStatus>)Find("cuMemFree_v2");
        MemoryGetInfo = (delegate* unmanaged<nuint*, nuint*, CudaStatus>)Find("cuMemGetInfo_v2");
        HostAllocate = (delegate* unmanaged<void**, nuint, uint, CudaStatus>)Find("cuMemHostAlloc");
        HostFree = (delegate* unmanaged<void*, CudaStatus>)Find("cuMemFreeHost");
        CopyToDevice = (delegate* unmanaged<ulong, void*, nuint, nint, CudaStatus>)Find("cuMemcpyHtoDAsync_v2");
        CopyToHost = (delegate* unmanaged<void*, ulong, nuint, nint, CudaStatus>)Find("cuMemcpyDtoHAsync_v2");
        CopyOnDevice = (delegate* unmanaged<ulong, ulong, nuint, nint, CudaStatus>)Find("cuMemcpyDtoDAsync_v2");
        SetBytes = (delegate* unmanaged<ulong, byte, nuint, nint, CudaStatus>)Find("cuMemsetD8Async");
        StreamCreate = (delegate* unmanaged<nint*, uint, CudaStatus>)Find("cuStreamCreate");
        StreamDestroy = (delegate* unmanaged<nint, CudaStatus>)Find("cuStreamDestroy_v2");
        StreamSynchronize = (delegate* unmanaged<nint, CudaStatus>)Find("cuStreamSynchronize");
        EventCreate = (delegate* unmanaged<nint*, uint, CudaStatus>)Find("cuEventCreate");
        EventDestroy = (delegate* unmanaged<nint, CudaStatus>)Find("cuEventDestroy_v2");
        EventRecord = (delegate* unmanaged<nint, nint, CudaStatus>)Find("cuEventRecord");
        EventSynchronize = (delegate* unmanaged<nint, CudaStatus>)Find("cuEventSynchronize");
        EventQuery = (delegate* unmanaged<nint, CudaStatus>)Find("cuEventQuery");
        TensorMapEncode = NativeLibrary.TryGetExport(library, "cuTensorMapEncodeTiled", out nint map)
            ? (delegate* unmanaged<void*, int, uint, ulong, ulong*, ulong*, uint*, uint*, int, int, int, int, CudaStatus>)map
            : null;
    }

    /// <summary>cuInit.</summary>
    public delegate* unmanaged<uint, CudaStatus> Init { get; set; }

    /// <summary>cuDriverGetVersion: 1000 major + 10 minor.</summary>
    public delegate* unmanaged<int*, CudaStatus> DriverGetVersion { get; set; }

    /// <summary>cuGetErrorName.</summary>
    public delegate* unmanaged<CudaStatus, byte**, CudaStatus> GetErrorName { get; set; }

    /// <summary>cuDeviceGetCount.</summary>
    public delegate* unmanaged<int*, CudaStatus> DeviceGetCount { get; set; }

    /// <summary>cuDeviceGet: device, ordinal.</summary>
    public delegate* unmanaged<int*, int, CudaStatus> DeviceGet { get; set; }

    /// <summary>cuDeviceGetName: text, its room, device.</summary>
    public delegate* unmanaged<byte*, int, int, CudaStatus> DeviceGetName { get; set; }

    /// <summary>cuDeviceTotalMem.</summary>
    public delegate* unmanaged<nuint*, int, CudaStatus> DeviceTotalMem { get; set; }

    /// <summary>cuDeviceGetAttribute: value, attribute, device.</summary>
    public delegate* unmanaged<int*, int, int, CudaStatus> DeviceGetAttribute { get; set; }

    /// <summary>cuDevicePrimaryCtxRetain: context, device.</summary>
    public delegate* unmanaged<nint*, int, CudaStatus> PrimaryContextRetain { get; set; }

    /// <summary>cuDevicePrimaryCtxRelease.</summary>
    public delegate* unmanaged<int, CudaStatus> PrimaryContextRelease { get; set; }

    /// <summary>cuCtxSetCurrent.</summary>
    public delegate* unmanaged<nint, CudaStatus> ContextSetCurrent { get; set; }

    /// <summary>cuModuleLoadDataEx: module, PTX, number of options, options, their values.</summary>
    public delegate* unmanaged<nint*, void*, uint, int*, void**, CudaStatus> ModuleLoadData { get; set; }

    /// <summary>cuModuleUnload.</summary>
    public delegate* unmanaged<nint, CudaStatus> ModuleUnload { get; set; }

    /// <summary>cuModuleGetFunction: function, module, name.</summary>
    public delegate* unmanaged<nint*, nint, byte*, CudaStatus> ModuleGetFunction { get; set; }

    /// <summary>cuFuncGetAttribute: value, attribute, function.</summary>
    public delegate* unmanaged<int*, int, nint, CudaStatus> FunctionGetAttribute { get; set; }

    /// <summary>cuFuncSetAttribute: function, attribute, value.</summary>
    public delegate* unmanaged<nint, int, int, CudaStatus> FunctionSetAttribute { get; set; }

    /// <summary>cuLaunchKernel: function, grid x y z, block x y z, dynamic shared bytes, stream, addresses of the arguments, extra.</summary>
    public delegate* unmanaged<nint, uint, uint, uint, uint, uint, uint, uint, nint, void**, void**, CudaStatus> LaunchKernel { get; set; }

    /// <summary>cuMemAlloc: address, bytes.</summary>
    public delegate* unmanaged<ulong*, nuint, CudaStatus> MemoryAllocate { get; set; }

    /// <summary>cuMemFree.</summary>
    public delegate* unmanaged<ulong, CudaStatus> MemoryFree { get; set; }

    /// <summary>cuMemGetInfo: free, total.</summary>
    public delegate* unmanaged<nuint*, nuint*, CudaStatus> MemoryGetInfo { get; set; }

    /// <summary>cuMemHostAlloc: address, bytes, flags.</summary>
    public delegate* unmanaged<void**, nuint, uint, CudaStatus> HostAllocate { get; set; }

    /// <summary>cuMemFreeHost.</summary>
    public delegate* unmanaged<void*, CudaStatus> HostFree { get; set; }

    /// <summary>cuMemcpyHtoDAsync: device address, host address, bytes, stream.</summary>
    public delegate* unmanaged<ulong, void*, nuint, nint, CudaStatus> CopyToDevice { get; set; }

    /// <summary>cuMemcpyDtoHAsync: host address, device address, bytes, stream.</summary>
    public delegate* unmanaged<void*, ulong, nuint, nint, CudaStatus> CopyToHost { get; set; }

    /// <summary>cuMemcpyDtoDAsync: destination, source, bytes, stream.</summary>
    public delegate* unmanaged<ulong, ulong, nuint, nint, CudaStatus> CopyOnDevice { get; set; }

    /// <summary>cuMemsetD8Async: address, value, bytes, stream.</summary>
    public delegate* unmanaged<ulong, byte, nuint, nint, CudaStatus> SetBytes { get; set; }

    /// <summary>cuStreamCreate: stream, flags.</summary>
    public delegate* unmanaged<nint*, uint, CudaStatus> StreamCreate { get; set; }

    /// <summary>cuStreamDestroy.</summary>
    public delegate* unmanaged<nint, CudaStatus> StreamDestroy { get; set; }

    /// <summary>cuStreamSynchronize.</summary>
    public delegate* unmanaged<nint, CudaStatus> StreamSynchronize { get; set; }

    /// <summary>cuEventCreate: event, flags.</summary>
    public delegate* unmanaged<nint*, uint, CudaStatus> EventCreate { get; set; }

    /// <summary>cuEventDestroy.</summary>
    public delegate* unmanaged<nint, CudaStatus> EventDestroy { get; set; }

    /// <summary>cuEventRecord: event, stream.</summary>
    public delegate* unmanaged<nint, nint, CudaStatus> EventRecord { get; set; }

    /// <summary>cuEventSynchronize.</summary>
    public delegate* unmanaged<nint, CudaStatus> EventSynchronize { get; set; }

    /// <summary>cuEventQuery: <see cref="CudaStatus.NotReady"/> where the event has not come yet.</summary>
    public delegate* unmanaged<nint, CudaStatus> EventQuery { get; set; }

    /// <summary>
    /// cuTensorMapEncodeTiled (CUDA 12): map, element type, rank, address, extents, strides in bytes without the innermost, box, element
    /// strides, interleave, swizzle, L2 promotion, out-of-bounds fill. Null where the driver is older.
    /// </summary>
    public delegate* unmanaged<void*, int, uint, ulong, ulong*, ulong*, uint*, uint*, int, int, int, int, CudaStatus> TensorMapEncode { get; set; }

    /// <summary>The name of a code, such as CUDA_ERROR_OUT_OF_MEMORY.</summary>
    public string NameOf(CudaStatus status)
    {
        byte* name = null;
        return GetErrorName(status, &name) == CudaStatus.Success && name is not null
            ? Marshal.PtrToStringUTF8((nint)name)!
            : "an unknown code";
    }

    private nint Find(string name) => NativeLibrary.GetExport(_library, name);
}

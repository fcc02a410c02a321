using System.Runtime.InteropServices;
using System.Text;

namespace Babel.Kernels.OpenCl.Interop;

/// <summary>The driver of this machine: the ICD loader's library, whose entry points are looked up once.</summary>
internal sealed unsafe class NativeOpenCl : IOpenCl
{
    private static readonly string[] Names = OperatingSystem.IsWindows() ? ["OpenCL.dll"]
        : OperatingSystem.IsMacOS() ? ["/System/Library/Frameworks/OpenCL.framework/OpenCL"]
        : ["libOpenCL.so.1", "libOpenCL.so"];

    private readonly delegate* unmanaged<uint, nint*, uint*, int> _getPlatformIds;
    private readonly delegate* unmanaged<nint, uint, nuint, byte*, nuint*, int> _getPlatformInfo;
    private readonly delegate* unmanaged<nint, ulong, uint, nint*, uint*, int> _getDeviceIds;
    private readonly delegate* unmanaged<nint, uint, nuint, byte*, nuint*, int> _getDeviceInfo;
    private readonly delegate* unmanaged<nint*, uint, nint*, nint, nint, int*, nint> _createContext;
    private readonly delegate* unmanaged<nint, nint, ulong, int*, nint> _createCommandQueue;
    private readonly delegate* unmanaged<nint, ulong, nuint, void*, int*, nint> _createBuffer;
    private readonly delegate* unmanaged<nint, uint, byte**, nuint*, int*, nint> _createProgramWithSource;
    private readonly delegate* unmanaged<nint, uint, nint*, nuint*, byte**, int*, int*, nint> _createProgramWithBinary;
    private readonly delegate* unmanaged<nint, uint, nint*, byte*, nint, nint, int> _buildProgram;
    private readonly delegate* unmanaged<nint, nint, uint, nuint, byte*, nuint*, int> _getProgramBuildInfo;
    private readonly delegate* unmanaged<nint, uint, nuint, void*, nuint*, int> _getProgramInfo;
    private readonly delegate* unmanaged<nint, byte*, int*, nint> _createKernel;
    private readonly delegate* unmanaged<nint, uint, nuint, void*, int> _setKernelArgument;
    private readonly delegate* unmanaged<nint, nint, uint, nuint*, nuint*, nuint*, uint, nint*, nint*, int> _enqueueKernel;
    private readonly delegate* unmanaged<nint, nint, uint, nuint, nuint, void*, uint, nint*, nint*, int> _enqueueRead;
    private readonly delegate* unmanaged<nint, nint, uint, nuint, nuint, void*, uint, nint*, nint*, int> _enqueueWrite;
    private readonly delegate* unmanaged<nint, nint, nint, nuint, nuint, nuint, uint, nint*, nint*, int> _enqueueCopy;
    private readonly delegate* unmanaged<nint, nint, void*, nuint, nuint, nuint, uint, nint*, nint*, int> _enqueueFill;
    private readonly delegate* unmanaged<nint, int> _flush;
    private readonly delegate* unmanaged<nint, int> _finish;
    private readonly delegate* unmanaged<uint, nint*, int> _waitForEvents;
    private readonly delegate* unmanaged<nint, uint, nuint, void*, nuint*, int> _getEventInfo;
    private readonly delegate* unmanaged<nint, nint, uint, nuint, void*, nuint*, int> _getKernelGroupInfo;
    private readonly delegate* unmanaged<nint, int>[] _release;

    private NativeOpenCl(nint library)
    {
        nint Entry(string name) => NativeLibrary.GetExport(library, name);
        _getPlatformIds = (delegate* unmanaged<uint, nint*, uint*, int>)Entry("clGetPlatformIDs");
        _getPlatformInfo = (delegate* unmanaged<nint, uint, nuint, byte*, nuint*, int>)Entry("clGetPlatformInfo");
        _getDeviceIds = (delegate* unmanaged<nint, ulong, uint, nint*, uint*, int>)Entry("clGetDeviceIDs");
        _getDeviceInfo = (delegate* unmanaged<nint, uint, nuint, byte*, nuint*, int>)Entry("clGetDeviceInfo");
        _createContext = (delegate* unmanaged<nint*, uint, nint*, nint, nint, int*, nint>)Entry("clCreateContext");
        _createCommandQueue = (delegate* unmanaged<nint, nint, ulong, int*, nint>)Entry("clCreateCommandQueue");
        _createBuffer = (delegate* unmanaged<nint, ulong, nuint, void*, int*, nint>)Entry("clCreateBuffer");
        _createProgramWithSource = (delegate* unmanaged<nint, uint, byte**, nuint*, int*, nint>)Entry("clCreateProgramWithSource");
        _createProgramWithBinary = (delegate* unmanaged<nint, uint, nint*, nuint*, byte**, int*, int*, nint>)Entry("clCreateProgramWithBinary");
        _buildProgram = (delegate* unmanaged<nint, uint, nint*, byte*, nint, nint, int>)Entry("clBuildProgram");
        _getProgramBuildInfo = (delegate* unmanaged<nint, nint, uint, nuint, byte*, nuint*, int>)Entry("clGetProgramBuildInfo");
        _getProgramInfo = (delegate* unmanaged<nint, uint, nuint, void*, nuint*, int>)Entry("clGetProgramInfo");
        _createKernel = (delegate* unmanaged<nint, byte*, int*, nint>)Entry("clCreateKernel");
        _setKernelArgument = (delegate* unmanaged<nint, uint, nuint, void*, int>)Entry("clSetKernelArg");
        _enqueueKernel = (delegate* unmanaged<nint, nint, uint, nuint*, nuint*, nuint*, uint, nint*, nint*, int>)Entry("clEnqueueNDRangeKernel");
        _enqueueRead = (delegate* unmanaged<nint, nint, uint, nuint, nuint, void*, uint, nint*, nint*, int>)Entry("clEnqueueReadBuffer");
        _enqueueWrite = (delegate* unmanaged<nint, nint, uint, nuint, nuint, void*, uint, nint*, nint*, int>)Entry("clEnqueueWriteBuffer");
        _enqueueCopy = (delegate* unmanaged<nint, nint, nint, nuint, nuint, nuint, uint, nint*, nint*, int>)Entry("clEnqueueCopyBuffer");
        _enqueueFill = (delegate* unmanaged<nint, nint, void*, nuint, nuint, nuint, uint, nint*, nint*, int>)Entry("clEnqueueFillBuffer");
        _flush = (delegate* unmanaged<nint, int>)Entry("clFlush");
        _finish = (delegate* unmanaged<nint, int>)Entry("clFinish");
        _waitForEvents = (delegate* unmanaged<uint, nint*, int>)Entry("clWaitForEvents");
        _getEventInfo = (delegate* unmanaged<nint, uint, nuint, void*, nuint*, int>)Entry("clGetEventInfo");
        _getKernelGroupInfo = (delegate* unmanaged<nint, nint, uint, nuint, void*, nuint*, int>)Entry("clGetKernelWorkGroupInfo");

        // In the order of OpenClObject.
        _release = new delegate* unmanaged<nint, int>[6];
        string[] releases = ["clReleaseContext", "clReleaseCommandQueue", "clReleaseMemObject", "clReleaseProgram", "clReleaseKernel", "clReleaseEvent"];
        for (int i = 0; i < releases.Length; i++) _release[i] = (delegate* unmanaged<nint, int>)Entry(releases[i]);
    }

    /// <summary>Opens the library; null, and why, when it is not there or too old.</summary>
    public static NativeOpenCl? TryOpen(out string? reason)
    {
        foreach (string name in Names)
        {
            if (!NativeLibrary.TryLoad(name, out nint library)) continue;
            try
            {
                reason = null;
                return new NativeOpenCl(library);
            }
            catch (EntryPointNotFoundException e)
            {
                reason = $"{name} is older than OpenCL 1.2: {e.Message}";
                return null;
            }
        }

        reason = $"no OpenCL library ({string.Join(", ", Names)}): a driver brings it, or the packages ocl-icd-libopencl1 and pocl-opencl-icd";
        return null;
    }

    /// <inheritdoc/>
    public int GetPlatformIds(Span<nint> platforms, out uint count)
    {
        fixed (nint* to = platforms)
        fixed (uint* c = &count)
            return _getPlatformIds((uint)platforms.Length, to, c);
    }

    /// <inheritdoc/>
    public int GetPlatformInfo(nint platform, uint name, Span<byte> value, out nuint size)
    {
        fixed (byte* to = value)
        fixed (nuint* s = &size)
            return _getPlatformInfo(platform, name, (nuint)value.Length, to, s);
    }

    /// <inheritdoc/>
    public int GetDeviceIds(nint platform, Span<nint> devices, out uint count)
    {
        fixed (nint* to = devices)
        fixed (uint* c = &count)
            return _getDeviceIds(platform, 0xFFFF_FFFF, (uint)devices.Length, to, c);
    }

    /// <inheritdoc/>
    public int GetDeviceInfo(nint device, uint name, Span<byte> value, out nuint size)
    {
        fixed (byte* to = value)
        fixed (nuint* s = &size)
            return _getDeviceInfo(device, name, (nuint)value.Length, to, s);
    }

    /// <inheritdoc/>
    public nint CreateContext(nint device, out int error)
    {
        fixed (int* e = &error) return _createContext(null, 1, &device, 0, 0, e);
    }

    /// <inheritdoc/>
    public nint CreateCommandQueue(nint context, nint device, out int error)
    {
        fixed (int* e = &error) return _createCommandQueue(context, device, 0, e);
    }

    /// <inheritdoc/>
    public nint CreateBuffer(nint context, nuint size, out int error)
    {
        const ulong ReadWrite = 1;
        fixed (int* e = &error) return _createBuffer(context, ReadWrite, size, null, e);
    }

    /// <inheritdoc/>
    public nint CreateProgramWithSource(nint context, ReadOnlySpan<byte> source, out int error)
    {
        nuint length = (nuint)source.Length;
        fixed (byte* text = source)
        fixed (int* e = &error)
        {
            byte* lines = text;
            return _createProgramWithSource(context, 1, &lines, &length, e);
        }
    }

    /// <inheritdoc/>
    public nint CreateProgramWithBinary(nint context, nint device, ReadOnlySpan<byte> binary, out int status, out int error)
    {
        nuint length = (nuint)binary.Length;
        fixed (byte* bytes = binary)
        fixed (int* s = &status, e = &error)
        {
            byte* first = bytes;
            return _createProgramWithBinary(context, 1, &device, &length, &first, s, e);
        }
    }

    /// <inheritdoc/>
    public int BuildProgram(nint program, nint device, string options)
    {
        fixed (byte* text = Encoding.UTF8.GetBytes(options + '\0')) return _buildProgram(program, 1, &device, text, 0, 0);
    }

    /// <inheritdoc/>
    public int GetProgramBuildLog(nint program, nint device, Span<byte> log, out nuint size)
    {
        const uint BuildLog = 0x1183;
        fixed (byte* to = log)
        fixed (nuint* s = &size)
            return _getProgramBuildInfo(program, device, BuildLog, (nuint)log.Length, to, s);
    }

    /// <inheritdoc/>
    public int GetProgramBinarySize(nint program, out nuint size)
    {
        const uint BinarySizes = 0x1165;
        fixed (nuint* s = &size) return _getProgramInfo(program, BinarySizes, (nuint)sizeof(nuint), s, null);
    }

    /// <inheritdoc/>
    public int GetProgramBinary(nint program, Span<byte> binary)
    {
        const uint Binaries = 0x1166;
        fixed (byte* to = binary)
        {
            byte* first = to;
            return _getProgramInfo(program, Binaries, (nuint)sizeof(byte*), &first, null);
        }
    }

    /// <inheritdoc/>
    public nint CreateKernel(nint program, string name, out int error)
    {
        fixed (byte* text = Encoding.UTF8.GetBytes(name + '\0'))
        fixed (int* e = &error)
            return _createKernel(program, text, e);
    }

    /// <inheritdoc/>
    public int SetKernelArgument(nint kernel, uint index, nuint size, long value) => _setKernelArgument(kernel, index, size, &value);

    /// <inheritdoc/>
    public int EnqueueKernel(nint queue, nint kernel, ReadOnlySpan<nuint> global, ReadOnlySpan<nuint> local)
    {
        fixed (nuint* g = global, l = local) return _enqueueKernel(queue, kernel, (uint)global.Length, null, g, l, 0, null, null);
    }

    /// <inheritdoc/>
    public int EnqueueRead(nint queue, nint buffer, nuint offset, Span<byte> destination)
    {
        fixed (byte* to = destination) return _enqueueRead(queue, buffer, 1, offset, (nuint)destination.Length, to, 0, null, null);
    }

    /// <inheritdoc/>
    public int EnqueueReadLater(nint queue, nint buffer, nuint offset, nint target, nuint size, out nint done)
    {
        fixed (nint* e = &done) return _enqueueRead(queue, buffer, 0, offset, size, (void*)target, 0, null, e);
    }

    /// <inheritdoc/>
    public int EnqueueWrite(nint queue, nint buffer, nuint offset, ReadOnlySpan<byte> source)
    {
        fixed (byte* from = source) return _enqueueWrite(queue, buffer, 1, offset, (nuint)source.Length, from, 0, null, null);
    }

    /// <inheritdoc/>
    public int EnqueueWriteLater(nint queue, nint buffer, nuint offset, nint source, nuint size, out nint done)
    {
        fixed (nint* e = &done) return _enqueueWrite(queue, buffer, 0, offset, size, (void*)source, 0, null, e);
    }

    /// <inheritdoc/>
    public int EnqueueCopy(nint queue, nint source, nint destination, nuint sourceOffset, nuint destinationOffset, nuint size) =>
        _enqueueCopy(queue, source, destination, sourceOffset, destinationOffset, size, 0, null, null);

    /// <inheritdoc/>
    public int EnqueueClear(nint queue, nint buffer, nuint size)
    {
        int zero = 0;
        return _enqueueFill(queue, buffer, &zero, sizeof(int), 0, size, 0, null, null);
    }

    /// <inheritdoc/>
    public int Flush(nint queue) => _flush(queue);

    /// <inheritdoc/>
    public int Finish(nint queue) => _finish(queue);

    /// <inheritdoc/>
    public int WaitForEvent(nint done) => _waitForEvents(1, &done);

    /// <inheritdoc/>
    public int GetEventStatus(nint done, out int status)
    {
        const uint ExecutionStatus = 0x11D3;
        fixed (int* s = &status) return _getEventInfo(done, ExecutionStatus, sizeof(int), s, null);
    }

    /// <inheritdoc/>
    public int GetKernelGroupSize(nint kernel, nint device, out nuint items)
    {
        const uint WorkGroupSize = 0x11B0;
        fixed (nuint* n = &items) return _getKernelGroupInfo(kernel, device, WorkGroupSize, (nuint)sizeof(nuint), n, null);
    }

    /// <inheritdoc/>
    public int Release(OpenClObject kind, nint handle) => _release[(int)kind](handle);
}

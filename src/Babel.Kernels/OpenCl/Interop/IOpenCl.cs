namespace Babel.Kernels.OpenCl.Interop;

/// <summary>
/// The entry points of an OpenCL 1.2 driver that this program calls, one method each, named as in the specification
/// (https://registry.khronos.org/OpenCL/specs/opencl-1.2.pdf). Error codes come back as they are; <see cref="OpenClError"/> makes exceptions of them.
/// A table that tests can put another one around.
/// </summary>
internal interface IOpenCl
{
    /// <summary>clGetPlatformIDs.</summary>
    int GetPlatformIds(Span<nint> platforms, out uint count);

    /// <summary>clGetPlatformInfo; <paramref name="size"/> is the length of the whole value.</summary>
    int GetPlatformInfo(nint platform, uint name, Span<byte> value, out nuint size);

    /// <summary>clGetDeviceIDs, of all types.</summary>
    int GetDeviceIds(nint platform, Span<nint> devices, out uint count);

    /// <summary>clGetDeviceInfo.</summary>
    int GetDeviceInfo(nint device, uint name, Span<byte> value, out nuint size);

    /// <summary>clCreateContext, with one device.</summary>
    nint CreateContext(nint device, out int error);

    /// <summary>clCreateCommandQueue, in order.</summary>
    nint CreateCommandQueue(nint context, nint device, out int error);

    /// <summary>clCreateBuffer, to be read and written by kernels.</summary>
    nint CreateBuffer(nint context, nuint size, out int error);

    /// <summary>clCreateProgramWithSource.</summary>
    nint CreateProgramWithSource(nint context, ReadOnlySpan<byte> source, out int error);

    /// <summary>clCreateProgramWithBinary.</summary>
    nint CreateProgramWithBinary(nint context, nint device, ReadOnlySpan<byte> binary, out int status, out int error);

    /// <summary>clBuildProgram; waits for the compiler.</summary>
    int BuildProgram(nint program, nint device, string options);

    /// <summary>clGetProgramBuildInfo with CL_PROGRAM_BUILD_LOG.</summary>
    int GetProgramBuildLog(nint program, nint device, Span<byte> log, out nuint size);

    /// <summary>clGetProgramInfo with CL_PROGRAM_BINARY_SIZES, for the one device.</summary>
    int GetProgramBinarySize(nint program, out nuint size);

    /// <summary>clGetProgramInfo with CL_PROGRAM_BINARIES, for the one device.</summary>
    int GetProgramBinary(nint program, Span<byte> binary);

    /// <summary>clCreateKernel.</summary>
    nint CreateKernel(nint program, string name, out int error);

    /// <summary>clGetKernelWorkGroupInfo with CL_KERNEL_WORK_GROUP_SIZE: the most items a group of this kernel may have on the device.</summary>
    int GetKernelGroupSize(nint kernel, nint device, out nuint items);

    /// <summary>clSetKernelArg with the first <paramref name="size"/> bytes of <paramref name="value"/>.</summary>
    int SetKernelArgument(nint kernel, uint index, nuint size, long value);

    /// <summary>clEnqueueNDRangeKernel.</summary>
    int EnqueueKernel(nint queue, nint kernel, ReadOnlySpan<nuint> global, ReadOnlySpan<nuint> local);

    /// <summary>clEnqueueReadBuffer, blocking.</summary>
    int EnqueueRead(nint queue, nint buffer, nuint offset, Span<byte> destination);

    /// <summary>clEnqueueReadBuffer, not blocking: the memory at <paramref name="target"/> must stay until the event.</summary>
    int EnqueueReadLater(nint queue, nint buffer, nuint offset, nint target, nuint size, out nint done);

    /// <summary>clEnqueueWriteBuffer, blocking.</summary>
    int EnqueueWrite(nint queue, nint buffer, nuint offset, ReadOnlySpan<byte> source);

    /// <summary>clEnqueueWriteBuffer, not blocking: the memory at <paramref name="source"/> must stay until the event.</summary>
    int EnqueueWriteLater(nint queue, nint buffer, nuint offset, nint source, nuint size, out nint done);

    /// <summary>clEnqueueCopyBuffer.</summary>
    int EnqueueCopy(nint queue, nint source, nint destination, nuint sourceOffset, nuint destinationOffset, nuint size);

    /// <summary>clEnqueueFillBuffer with zeros.</summary>
    int EnqueueClear(nint queue, nint buffer, nuint size);

    /// <summary>clFlush.</summary>
    int Flush(nint queue);

    /// <summary>clFinish.</summary>
    int Finish(nint queue);

    /// <summary>clWaitForEvents, for one.</summary>
    int WaitForEvent(nint done);

    /// <summary>clGetEventInfo with CL_EVENT_COMMAND_EXECUTION_STATUS: 0 when done, negative when it failed.</summary>
    int GetEventStatus(nint done, out int status);

    /// <summary>clReleaseContext and its like.</summary>
    int Release(OpenClObject kind, nint handle);
}

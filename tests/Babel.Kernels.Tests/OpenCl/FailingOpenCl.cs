using System.Buffers.Binary;
using Babel.Kernels.OpenCl.Interop;

namespace Babel.Kernels.Tests.OpenCl;

/// <summary>A driver in front of the real one: it may answer a call with an error, and counts what was created and not yet released.</summary>
/// <param name="inner">The real one; null if every call that is made is answered here.</param>
/// <param name="fail">Is told a call and how many of its kind came before; an error code to return, or null to pass the call on.</param>
internal sealed class FailingOpenCl(IOpenCl? inner, Func<string, int, int?> fail) : IOpenCl
{
    private readonly IOpenCl _inner = inner!;
    private const int AllocationFailure = -4;
    private readonly Dictionary<nint, long> _buffers = [];
    private readonly Dictionary<string, int> _calls = new(StringComparer.Ordinal);

    /// <summary>How often each entry point was called.</summary>
    public IReadOnlyDictionary<string, int> Calls => _calls;

    /// <summary>What the device says of itself in place of the truth, by the number of the question.</summary>
    public IReadOnlyDictionary<uint, ulong> Facts { get; init; } = new Dictionary<uint, ulong>();

    /// <summary>Bytes of buffers the device has room for.</summary>
    public long Room { get; set; } = long.MaxValue;

    /// <summary>What kernels' groups may have at most, by what the driver says; null for what it says itself.</summary>
    public nuint? GroupLimit { get; init; }

    /// <summary>Objects of the driver that nobody has released.</summary>
    public int Alive { get; private set; }

    public int GetPlatformIds(Span<nint> platforms, out uint count)
    {
        count = 0;
        return Fails("clGetPlatformIDs") ?? _inner.GetPlatformIds(platforms, out count);
    }

    public int GetPlatformInfo(nint platform, uint name, Span<byte> value, out nuint size)
    {
        size = 0;
        return Fails("clGetPlatformInfo") ?? _inner.GetPlatformInfo(platform, name, value, out size);
    }

    public int GetDeviceIds(nint platform, Span<nint> devices, out uint count)
    {
        count = 0;
        return Fails("clGetDeviceIDs") ?? _inner.GetDeviceIds(platform, devices, out count);
    }

    public int GetDeviceInfo(nint device, uint name, Span<byte> value, out nuint size)
    {
        size = 0;
        if (Facts.TryGetValue(name, out ulong fact))
        {
            BinaryPrimitives.WriteUInt64LittleEndian(value, fact);
            return 0;
        }

        return Fails("clGetDeviceInfo") ?? _inner.GetDeviceInfo(device, name, value, out size);
    }

    public nint CreateContext(nint device, out int error) =>
        Fails("clCreateContext") is { } code ? Nothing(code, out error) : Created(_inner.CreateContext(device, out error));

    public nint CreateCommandQueue(nint context, nint device, out int error) =>
        Fails("clCreateCommandQueue") is { } code ? Nothing(code, out error) : Created(_inner.CreateCommandQueue(context, device, out error));

    public nint CreateBuffer(nint context, nuint size, out int error)
    {
        if (Fails("clCreateBuffer") is { } code) return Nothing(code, out error);
        if ((long)size > Room) return Nothing(AllocationFailure, out error);
        nint buffer = Created(_inner.CreateBuffer(context, size, out error));
        _buffers[buffer] = (long)size;
        Room -= (long)size;
        return buffer;
    }

    public nint CreateProgramWithSource(nint context, ReadOnlySpan<byte> source, out int error) => Fails("clCreateProgramWithSource") is { } code
        ? Nothing(code, out error) : Created(_inner.CreateProgramWithSource(context, source, out error));

    public nint CreateProgramWithBinary(nint context, nint device, ReadOnlySpan<byte> binary, out int status, out int error)
    {
        status = 0;
        return Fails("clCreateProgramWithBinary") is { } code
            ? Nothing(code, out error) : Created(_inner.CreateProgramWithBinary(context, device, binary, out status, out error));
    }

    public int BuildProgram(nint program, nint device, string options) => Fails("clBuildProgram") ?? _inner.BuildProgram(program, device, options);

    public int GetProgramBuildLog(nint program, nint device, Span<byte> log, out nuint size)
    {
        size = 0;
        return Fails("clGetProgramBuildInfo") ?? _inner.GetProgramBuildLog(program, device, log, out size);
    }

    public int GetProgramBinarySize(nint program, out nuint size)
    {
        size = 0;
        return Fails("clGetProgramInfo") ?? _inner.GetProgramBinarySize(program, out size);
    }

    public int GetProgramBinary(nint program, Span<byte> binary) => Fails("clGetProgramInfo") ?? _inner.GetProgramBinary(program, binary);

    public nint CreateKernel(nint program, string name, out int error) =>
        Fails("clCreateKernel") is { } code ? Nothing(code, out error) : Created(_inner.CreateKernel(program, name, out error));

    public int SetKernelArgument(nint kernel, uint index, nuint size, long value) =>
        Fails("clSetKernelArg") ?? _inner.SetKernelArgument(kernel, index, size, value);

    public int EnqueueKernel(nint queue, nint kernel, ReadOnlySpan<nuint> global, ReadOnlySpan<nuint> local) =>
        Fails("clEnqueueNDRangeKernel") ?? _inner.EnqueueKernel(queue, kernel, global, local);

    public int EnqueueRead(nint queue, nint buffer, nuint offset, Span<byte> destination) =>
        Fails("clEnqueueReadBuffer") ?? _inner.EnqueueRead(queue, buffer, offset, destination);

    public int EnqueueReadLater(nint queue, nint buffer, nuint offset, nint target, nuint size, out nint done)
    {
        done = 0;
        if (Fails("clEnqueueReadBuffer") is { } code) return code;
        int error = _inner.EnqueueReadLater(queue, buffer, offset, target, size, out done);
        Created(done);
        return error;
    }

    public int EnqueueWrite(nint queue, nint buffer, nuint offset, ReadOnlySpan<byte> source) =>
        Fails("clEnqueueWriteBuffer") ?? _inner.EnqueueWrite(queue, buffer, offset, source);

    public int EnqueueWriteLater(nint queue, nint buffer, nuint offset, nint source, nuint size, out nint done)
    {
        done = 0;
        if (Fails("clEnqueueWriteBuffer") is { } code) return code;
        int error = _inner.EnqueueWriteLater(queue, buffer, offset, source, size, out done);
        Created(done);
        return error;
    }

    public int EnqueueCopy(nint queue, nint source, nint destination, nuint sourceOffset, nuint destinationOffset, nuint size) =>
        Fails("clEnqueueCopyBuffer") ?? _inner.EnqueueCopy(queue, source, destination, sourceOffset, destinationOffset, size);

    public int EnqueueClear(nint queue, nint buffer, nuint size) => Fails("clEnqueueFillBuffer") ?? _inner.EnqueueClear(queue, buffer, size);

    public int Flush(nint queue) => Fails("clFlush") ?? _inner.Flush(queue);

    public int Finish(nint queue) => Fails("clFinish") ?? _inner.Finish(queue);

    public int WaitForEvent(nint done) => Fails("clWaitForEvents") ?? _inner.WaitForEvent(done);

    public int GetEventStatus(nint done, out int status)
    {
        status = 0;
        return Fails("clGetEventInfo") ?? _inner.GetEventStatus(done, out status);
    }

    public int GetKernelGroupSize(nint kernel, nint device, out nuint items)
    {
        items = 0;
        if (Fails("clGetKernelWorkGroupInfo") is { } code) return code;
        int error = _inner.GetKernelGroupSize(kernel, device, out items);
        if (GroupLimit is { } limit) items = nuint.Min(items, limit);
        return error;
    }

    public int Release(OpenClObject kind, nint handle)
    {
        Alive--;
        if (kind == OpenClObject.Buffer && _buffers.Remove(handle, out long size)) Room += size;
        return _inner.Release(kind, handle);
    }

    private static nint Nothing(int code, out int error)
    {
        error = code;
        return 0;
    }

    private int? Fails(string call)
    {
        int before = _calls.GetValueOrDefault(call);
        _calls[call] = before + 1;
        return fail(call, before);
    }

    private nint Created(nint handle)
    {
        if (handle != 0) Alive++;
        return handle;
    }
}

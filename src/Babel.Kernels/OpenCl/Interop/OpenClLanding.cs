using System.Runtime.InteropServices;
using Babel.Kernels.Gpu;

namespace Babel.Kernels.OpenCl.Interop;

/// <summary>Memory that the collector does not move, with the event of the last copy to it; the queue is in order, so that stands for all.</summary>
internal sealed class OpenClLanding(IOpenCl api, OpenClHandle queue, string device, int bytes) : GpuLanding(bytes)
{
    private const int Complete = 0;
    private readonly byte[] _memory = GC.AllocateUninitializedArray<byte>(bytes, pinned: true);
    private nint _last;

    /// <inheritdoc/>
    public override bool IsReached
    {
        get
        {
            if (_last == 0) return true;
            OpenClError.Check(api.GetEventStatus(_last, out int status), "clGetEventInfo", device, "whether a copy has ended");
            if (status < Complete) OpenClError.Check(status, "clEnqueueReadBuffer", device, "bytes from the device");
            return status == Complete;
        }
    }

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Bytes => _memory;

    /// <inheritdoc/>
    public override void Copy(GpuMemory source, long offset, int at, int count)
    {
        nint place = Marshal.UnsafeAddrOfPinnedArrayElement(_memory, at);
        int error = api.EnqueueReadLater(queue.Value, source.Block, (nuint)offset, place, (nuint)count, out nint done);
        if (error != 0) OpenClError.Check(error, "clEnqueueReadBuffer", device, $"{count} bytes from the device");
        Forget();
        _last = done;
    }

    /// <inheritdoc/>
    public override void Mark() => OpenClError.Check(api.Flush(queue.Value), "clFlush", device, "to begin");

    /// <inheritdoc/>
    public override void Wait()
    {
        if (_last != 0) OpenClError.Check(api.WaitForEvent(_last), "clWaitForEvents", device, "a copy to end");
    }

    /// <summary>Waits for what is still on its way: the memory goes.</summary>
    public override void Dispose()
    {
        if (_last != 0) _ = api.WaitForEvent(_last);
        Forget();
    }

    private void Forget()
    {
        if (_last != 0) _ = api.Release(OpenClObject.Event, _last);
        _last = 0;
    }
}

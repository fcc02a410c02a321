using System.Runtime.InteropServices;

namespace Babel.Kernels.OpenCl.Interop;

/// <summary>
/// Host memory from which small uploads are read by the device later, so that an upload does not wait for what was enqueued before it. In two
/// halves: one is filled while the device may still read the other, which is waited for only when its turn comes again.
/// </summary>
internal sealed class StagingRing(IOpenCl api) : IDisposable
{
    private const int HalfBytes = 2 << 20;
    private readonly nint[] _done = new nint[2];
    private readonly byte[] _memory = GC.AllocateUninitializedArray<byte>(2 * HalfBytes, pinned: true);
    private int _half;
    private int _used;

    /// <summary>Uploads up to this many bytes go through the ring.</summary>
    public static int Largest => HalfBytes / 4;

    /// <summary>Copies the bytes and enqueues their upload; what the driver said comes back.</summary>
    public int Write(nint queue, nint buffer, long offset, ReadOnlySpan<byte> source, out string call)
    {
        call = "clWaitForEvents";
        if (_used + source.Length > HalfBytes)
        {
            _half = 1 - _half;
            _used = 0;
            int waited = Wait(_half);
            if (waited != 0) return waited;
        }

        int at = (_half * HalfBytes) + _used;
        source.CopyTo(_memory.AsSpan(at));
        nint place = Marshal.UnsafeAddrOfPinnedArrayElement(_memory, at);
        _used += (source.Length + 63) / 64 * 64;
        call = "clEnqueueWriteBuffer";
        int error = api.EnqueueWriteLater(queue, buffer, (nuint)offset, place, (nuint)source.Length, out nint done);
        if (error != 0) return error;

        // The queue is in order: the last event of a half stands for all before it.
        if (_done[_half] != 0) _ = api.Release(OpenClObject.Event, _done[_half]);
        _done[_half] = done;
        return 0;
    }

    /// <summary>Waits for the uploads that still read the memory.</summary>
    public void Dispose()
    {
        for (int half = 0; half < 2; half++) _ = Wait(half);
    }

    private int Wait(int half)
    {
        if (_done[half] == 0) return 0;
        int error = api.WaitForEvent(_done[half]);
        _ = api.Release(OpenClObject.Event, _done[half]);
        _done[half] = 0;
        return error;
    }
}

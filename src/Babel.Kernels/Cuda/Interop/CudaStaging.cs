namespace Babel.Kernels.Cuda.Interop;

/// <summary>
/// Copies between host and device through two pages of page-locked memory: filling one overlaps the copy of the other, and an upload returns before the
/// device has it. Small uploads follow each other in a page, which is waited for only when its turn comes again.
/// </summary>
internal sealed unsafe class CudaStaging : IDisposable
{
    private const int PageBytes = 4 << 20;
    private const int Alignment = 64;
    private readonly CudaContext _context;
    private readonly CudaStream _stream;
    private readonly PinnedMemory[] _pages;
    private readonly CudaEvent[] _done;
    private int _page;
    private int _used;

    /// <summary>Allocates the pages.</summary>
    public CudaStaging(CudaContext context, CudaStream stream)
    {
        _context = context;
        _stream = stream;
        _pages = [new PinnedMemory(context, PageBytes), new PinnedMemory(context, PageBytes)];
        _done = [new CudaEvent(context), new CudaEvent(context)];
    }

    /// <summary>Enqueues a copy to the device; <paramref name="source"/> may change as soon as this returns.</summary>
    public void Upload(ReadOnlySpan<byte> source, ulong destination)
    {
        _context.MakeCurrent();
        for (int done = 0, count; done < source.Length; done += count)
        {
            if (_used >= PageBytes) Turn();
            count = Math.Min(PageBytes - _used, source.Length - done);
            source.Slice(done, count).CopyTo(_pages[_page].Span[_used..]);
            _context.Check(
                _context.Api.CopyToDevice(destination + (ulong)done, (byte*)_pages[_page].Address + _used, (nuint)count, _stream.Handle),
                "cuMemcpyHtoDAsync",
                $"a copy of {count} bytes to the device");

            // The stream is in order: the last mark of a page stands for all before it.
            _done[_page].Record(_stream);
            _used += (count + Alignment - 1) / Alignment * Alignment;
        }
    }

    /// <summary>Copies to the host, after everything enqueued before.</summary>
    public void Download(ulong source, Span<byte> destination)
    {
        _context.MakeCurrent();
        int waiting = -1, from = 0, length = 0;
        for (int done = 0, count; done < destination.Length; done += count)
        {
            count = Math.Min(PageBytes, destination.Length - done);
            Turn();
            _context.Check(
                _context.Api.CopyToHost(_pages[_page].Address, source + (ulong)done, (nuint)count, _stream.Handle),
                "cuMemcpyDtoHAsync",
                $"a copy of {count} bytes from the device");
            _done[_page].Record(_stream);
            _used = PageBytes;
            Take(destination);
            (waiting, from, length) = (_page, done, count);
        }

        Take(destination);

        // The page before this one is copied out while the device fills this one.
        void Take(Span<byte> target)
        {
            if (waiting < 0) return;
            _done[waiting].Wait();
            _pages[waiting].Span[..length].CopyTo(target.Slice(from, length));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var page in _pages) page.Dispose();
        foreach (var mark in _done) mark.Dispose();
    }

    /// <summary>Goes to the other page, once it is free.</summary>
    private void Turn()
    {
        _page ^= 1;
        _done[_page].Wait();
        _used = 0;
    }
}

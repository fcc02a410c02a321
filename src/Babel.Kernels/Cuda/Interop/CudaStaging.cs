namespace Babel.Kernels.Cuda.Interop;

/// <summary>
/// Copies between host and device through two pages of page-locked memory, so that filling one overlaps the copy of the other, and an upload
/// returns before the device has it.
/// </summary>
internal sealed unsafe class CudaStaging : IDisposable
{
    private const int PageBytes = 4 << 20;
    private readonly CudaContext _context;
    private readonly CudaStream _stream;
    private readonly PinnedMemory[] _pages;
    private readonly CudaEvent[] _done;
    private int _next;

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
            count = Math.Min(PageBytes, source.Length - done);
            int page = Turn();
            source.Slice(done, count).CopyTo(_pages[page].Span);
            _context.Check(
                _context.Api.CopyToDevice(destination + (ulong)done, _pages[page].Address, (nuint)count, _stream.Handle),
                "cuMemcpyHtoDAsync",
                $"a copy of {count} bytes to the device");
            _done[page].Record(_stream);
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
            int page = Turn();
            _context.Check(
                _context.Api.CopyToHost(_pages[page].Address, source + (ulong)done, (nuint)count, _stream.Handle),
                "cuMemcpyDtoHAsync",
                $"a copy of {count} bytes from the device");
            _done[page].Record(_stream);
            Take(destination);
            (waiting, from, length) = (page, done, count);
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

    /// <summary>The page whose turn it is, free again.</summary>
    private int Turn()
    {
        int page = _next;
        _next ^= 1;
        _done[page].Wait();
        return page;
    }
}

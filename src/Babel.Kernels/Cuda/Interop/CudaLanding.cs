using Babel.Kernels.Gpu;

namespace Babel.Kernels.Cuda.Interop;

/// <summary>Page-locked memory with an event.</summary>
internal sealed unsafe class CudaLanding : GpuLanding
{
    private readonly CudaContext _context;
    private readonly CudaStream _stream;
    private readonly PinnedMemory _memory;
    private readonly CudaEvent _mark;

    /// <summary>Allocates one.</summary>
    public CudaLanding(CudaContext context, CudaStream stream, int bytes)
        : base(bytes)
    {
        (_context, _stream) = (context, stream);
        _memory = new PinnedMemory(context, bytes);
        try
        {
            _mark = new CudaEvent(context);
        }
        catch
        {
            _memory.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override bool IsReached => _mark.IsReached;

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Bytes => _memory.Span;

    /// <inheritdoc/>
    public override void Copy(GpuMemory source, long offset, int at, int count)
    {
        _context.MakeCurrent();
        _context.Check(
            _context.Api.CopyToHost((byte*)_memory.Address + at, source.Address + (ulong)offset, (nuint)count, _stream.Handle),
            "cuMemcpyDtoHAsync",
            $"a copy of {count} bytes from the device");
    }

    /// <inheritdoc/>
    public override void Mark() => _mark.Record(_stream);

    /// <inheritdoc/>
    public override void Wait() => _mark.Wait();

    /// <summary>Waits for what is still on its way: the memory goes.</summary>
    public override void Dispose()
    {
        _stream.Drain();
        _memory.Dispose();
        _mark.Dispose();
    }
}

using Babel.Kernels.Interop;

namespace Babel.Kernels.Cpu.Simd;

/// <summary>
/// Memory that operators use while they run: grown on demand, kept by the device, so that a call in steady state allocates nothing.
/// </summary>
/// <remarks>Shared buffers belong to the operator that runs; a device runs one at a time. A worker's buffer is rented for one item.</remarks>
internal sealed unsafe class ScratchBuffers : IDisposable
{
    /// <summary>The activations of the product that runs, packed.</summary>
    public const int Activations = 0;

    /// <summary>Partial results that a second step combines.</summary>
    public const int Partials = 1;

    /// <summary>Row numbers.</summary>
    public const int Rows = 2;

    private const int SharedCount = 3;
    private readonly Buffer[] _shared = new Buffer[SharedCount];
    private readonly Buffer[] _workers;

    /// <summary>Prepares for <paramref name="threads"/> items at a time.</summary>
    public ScratchBuffers(CpuDevice device, int threads)
    {
        _workers = new Buffer[threads];
        for (int i = 0; i < SharedCount; i++) _shared[i] = new Buffer(device);
        for (int i = 0; i < threads; i++) _workers[i] = new Buffer(device);
    }

    /// <summary>One of the shared buffers, at least <paramref name="bytes"/> long; what it held is lost when it has to grow.</summary>
    public void* Shared(int which, long bytes) => _shared[which].AtLeast(bytes);

    /// <summary>A worker's buffer of at least <paramref name="bytes"/>; give <paramref name="ticket"/> back when the item is done.</summary>
    public void* Rent(long bytes, out int ticket)
    {
        var wait = default(SpinWait);
        while (true)
        {
            for (int i = 0; i < _workers.Length; i++)
            {
                if (!_workers[i].TryTake()) continue;
                ticket = i;
                try
                {
                    return _workers[i].AtLeast(bytes);
                }
                catch
                {
                    _workers[i].Release();
                    throw;
                }
            }

            wait.SpinOnce();
        }
    }

    /// <summary>What is held, all buffers together.</summary>
    public long Bytes => _shared.Concat(_workers).Sum(buffer => buffer.Bytes);

    /// <summary>Ends a rent.</summary>
    public void Return(int ticket) => _workers[ticket].Release();

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var buffer in _shared) buffer.Dispose();
        foreach (var buffer in _workers) buffer.Dispose();
    }

    private sealed class Buffer(CpuDevice device) : IDisposable
    {
        private HostMemory? _memory;
        private int _taken;

        public long Bytes => _memory?.Bytes ?? 0;

        public bool TryTake() => Interlocked.CompareExchange(ref _taken, 1, 0) == 0;

        public void Release() => Volatile.Write(ref _taken, 0);

        public void* AtLeast(long bytes)
        {
            if (_memory is not null && bytes <= _memory.Bytes) return _memory.Address;
            _memory?.Dispose();
            _memory = null;
            _memory = new HostMemory(device, bytes);
            return _memory.Address;
        }

        public void Dispose() => _memory?.Dispose();
    }
}

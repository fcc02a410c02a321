using System.Runtime.Intrinsics.X86;

namespace Babel.Kernels.Cpu.Simd;

/// <summary>
/// What threads with nothing to do ask memory for: the beginning of their share of the weight that is multiplied next. With few rows a product takes as long as its
/// weight takes to come from memory, and between two products, or while one thread waits for the other, memory would rest.
/// </summary>
/// <remarks>
/// A model multiplies the same weights in the same order for every token, so the weight that followed last time follows again; a wrong guess costs a few
/// microseconds of reading. Addresses are asked for, never read: memory that was released meanwhile does no harm.
/// </remarks>
internal sealed unsafe class ReadAhead
{
    /// <summary>Bytes a thread asks for at most: they wait in its second-level cache, beside what it computes with.</summary>
    private const nint MostBytes = 256 * 1024;

    private CpuWeight? _last;
    private nint _data;
    private nint _panelBytes;
    private ProductPlan _plan;

    /// <summary>Notes that a product by <paramref name="weight"/> begins, planned for few rows, and what follows it.</summary>
    public void Begin(CpuWeight weight, nint mostPanels, RowTiling tiling, int threads)
    {
        if (_last is { } last) last.Follower = weight;
        _last = weight;
        if (weight.Follower is not { IsReleased: false } next)
        {
            Stop();
            return;
        }

        // A thread that looks while this is written asks for the wrong lines, and no more than MostBytes of them.
        var view = PanelWriter.View(next);
        _data = (nint)view.Panel(0, 0);
        _panelBytes = (nint)view.Panel(0, 1) - _data;
        _plan = new ProductPlan(view, mostPanels, tiling, threads, rowsInOrder: false);
    }

    /// <summary>Notes that no such product is under way.</summary>
    public void Stop() => _data = 0;

    /// <summary>What a thread may ask for: the beginning of the item with its number.</summary>
    public Piece For(int thread)
    {
        nint data = _data;
        if (!Sse.IsSupported || data == 0 || thread >= _plan.Items) return default;
        var (first, end, _, _) = _plan[thread];
        return new Piece(data + (first * _panelBytes), Math.Min(MostBytes, (end - first) * _panelBytes));
    }

    /// <summary>Lines that are asked for little by little.</summary>
    internal struct Piece(nint start, nint bytes)
    {
        private const int LineBytes = 64;
        private const int LinesAtATime = 32;

        private nint _next = start;
        private nint _left = bytes;

        /// <summary>Asks for some more; false when there is nothing left.</summary>
        public bool Ask()
        {
            if (_left <= 0) return false;
            for (int i = 0; i < LinesAtATime; i++, _next += LineBytes) Sse.Prefetch1((void*)_next);
            _left -= LinesAtATime * LineBytes;
            return true;
        }
    }
}

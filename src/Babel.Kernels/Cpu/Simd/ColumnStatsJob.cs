using Babel.Kernels.Cpu.Threading;

namespace Babel.Kernels.Cpu.Simd;

/// <summary>Column statistics of a tensor in memory, 32 columns an item: what a tap does, without the product before it.</summary>
internal readonly unsafe struct ColumnStatsJob<TV>(TensorView x, SequenceLayout layout, TapStats stats) : IJob
    where TV : unmanaged, ILanes<TV>
{
    private const int Columns = PanelLayout.Width;

    /// <summary>How many items there are.</summary>
    public int Items => checked((int)((x.Shape.Columns + Columns - 1) / Columns));

    /// <inheritdoc/>
    public void Run(int item)
    {
        nint n = (nint)x.Shape.Columns, first = item * (nint)Columns, end = Math.Min(n, first + Columns);
        fixed (SequenceSpan* spans = layout.Spans)
        {
            var arguments = new TapArguments(null, stats, layout, spans);
            if (end - first == Columns) Take<Twin<TV>>(arguments, first, Columns);
            else for (nint column = first; column < end; column += TV.Count) Take<TV>(arguments, column, Math.Min(TV.Count, end - column));
        }
    }

    private void Take<TLanes>(in TapArguments arguments, nint column, nint width)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        nint n = (nint)x.Shape.Columns;
        var strip = new Strip { Source = Operand.Floats(x) + column, SourceStride = n, Rows = (nint)x.Shape.Rows, Width = (int)width };
        strip.Run<TLanes>(arguments, n, 0, column);
    }
}

using Babel.Kernels.Cpu.Threading;

namespace Babel.Kernels.Cpu.Simd;

/// <summary>Column statistics of a tensor in memory, 64 columns an item: what a tap does, without the product before it.</summary>
internal readonly unsafe struct ColumnStatsJob<TV>(TensorView x, SequenceLayout layout, TapStats stats) : IJob
    where TV : unmanaged, ILanes<TV>
{
    private const int Columns = 64;

    /// <summary>Rows taken before the next 16 columns: what the first-level cache holds of 64 columns.</summary>
    private const int Rows = 64;

    /// <summary>How many items there are.</summary>
    public int Items => checked((int)((x.Shape.Columns + Columns - 1) / Columns));

    /// <inheritdoc/>
    public void Run(int item)
    {
        nint n = (nint)x.Shape.Columns, rows = (nint)x.Shape.Rows, end = Math.Min(n, (item + 1) * (nint)Columns);
        fixed (SequenceSpan* spans = layout.Spans)
        {
            var arguments = new TapArguments(null, stats, layout, spans);
            for (nint row = 0; row < rows; row += Rows)
            {
                for (nint column = item * (nint)Columns; column < end; column += TV.Count)
                {
                    var strip = new Strip
                    {
                        Source = Operand.Floats(x) + (row * n) + column,
                        SourceStride = n,
                        Rows = Math.Min(Rows, rows - row),
                        Width = (int)Math.Min(TV.Count, end - column),
                    };
                    strip.Run<TV>(arguments, n, row, column);
                }
            }
        }
    }
}

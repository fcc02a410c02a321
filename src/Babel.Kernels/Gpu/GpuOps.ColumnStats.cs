namespace Babel.Kernels.Gpu;

internal abstract partial class GpuOps
{
    /// <inheritdoc/>
    public void ColumnStats(TensorView x, SequenceLayout layout, TapStats stats)
    {
        long columns = x.Shape.Columns;
        Arguments().Add(x).Add(Device.Layouts.Of(layout).Spans).Add(layout.Count).Add((int)columns)
            .Add(stats.Count.View).Add(stats.Sum.View).Add(stats.SumAbs.View).Add(stats.SumSquares.View).Add(stats.Max.View);
        Flat("column_stats", layout.Count * Tuning.Blocks(columns));
    }
}

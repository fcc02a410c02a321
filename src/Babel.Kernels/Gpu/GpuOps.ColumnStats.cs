namespace Babel.Kernels.Gpu;

internal abstract partial class GpuOps
{
    /// <inheritdoc/>
    public void ColumnStats(TensorView x, SequenceLayout layout, TapStats stats)
    {
        long columns = x.Shape.Columns;
        Arguments().Add(x).Add(Device.Layouts.Of(layout).Spans).Add(layout.Count).Add((int)columns)
            .Add(stats.Count.View).Add(stats.Sum.View).Add(stats.SumAbs.View).Add(stats.SumSquares.View).Add(stats.Max.View);
        LaunchColumnStats(layout.Count, columns);
    }

    /// <summary>Enqueues the statistics of <paramref name="columns"/> columns by the kernel that suits the device; the arguments are there.</summary>
    protected virtual void LaunchColumnStats(int sequences, long columns) => Flat("column_stats", sequences * Tuning.Blocks(columns));
}

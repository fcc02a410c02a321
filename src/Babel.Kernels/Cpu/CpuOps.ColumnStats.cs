using Babel.Kernels.Cpu.Simd;
using Babel.Kernels.Cpu.Threading;

namespace Babel.Kernels.Cpu;

internal sealed partial class CpuOps
{
    /// <inheritdoc/>
    public void ColumnStats(TensorView x, SequenceLayout layout, TapStats stats)
    {
        AtWidth(new ColumnStatsCall(x, layout, stats));
    }

    private readonly struct ColumnStatsCall(TensorView x, SequenceLayout layout, TapStats stats) : IWidthCall
    {
        public void Run<TV>(CpuDevice device, WorkerPool pool)
            where TV : unmanaged, ILanes<TV>
        {
            var job = new ColumnStatsJob<TV>(x, layout, stats);
            pool.Run(job.Items, job);
        }
    }
}

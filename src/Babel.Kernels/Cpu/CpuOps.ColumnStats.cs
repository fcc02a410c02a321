using Babel.Kernels.Cpu.Simd;

namespace Babel.Kernels.Cpu;

internal sealed partial class CpuOps
{
    /// <inheritdoc/>
    public void ColumnStats(TensorView x, SequenceLayout layout, TapStats stats)
    {
        switch (_device.InstructionSet)
        {
            case CpuInstructionSet.Avx512:
                Run<WideAvx512>();
                break;
            case CpuInstructionSet.Avx2:
                Run<WideAvx2>();
                break;
            case CpuInstructionSet.Vector128:
                Run<WideVector128>();
                break;
            default:
                Run<WideScalar>();
                break;
        }

        void Run<TV>()
            where TV : unmanaged, ILanes<TV>
        {
            var job = new ColumnStatsJob<TV>(x, layout, stats);
            _pool.Run(job.Items, job);
        }
    }
}

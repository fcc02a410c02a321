using Babel.Kernels.Cpu.Simd;

namespace Babel.Kernels.Cpu;

internal sealed partial class CpuOps
{
    /// <inheritdoc/>
    public void ValueScores(TensorView z, TensorView gram, AttentionSpec spec, SequenceLayout layout, TensorView output)
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
            var job = new ValueScoresJob<TV>(_device, z, gram, spec, layout, output);
            _pool.Run(job.Items, job);
        }
    }
}

using Babel.Kernels.Cpu.Simd;
using Babel.Kernels.Cpu.Threading;

namespace Babel.Kernels.Cpu;

internal sealed partial class CpuOps
{
    /// <inheritdoc/>
    public void ValueScores(TensorView z, TensorView gram, AttentionSpec spec, SequenceLayout layout, TensorView output)
    {
        AtWidth(new ValueScoresCall(z, gram, spec, layout, output));
    }

    private readonly struct ValueScoresCall(TensorView z, TensorView gram, AttentionSpec spec, SequenceLayout layout, TensorView output) : IWidthCall
    {
        public void Run<TV>(CpuDevice device, WorkerPool pool)
            where TV : unmanaged, ILanes<TV>
        {
            var job = new ValueScoresJob<TV>(device, z, gram, spec, layout, output);
            pool.Run(job.Items, job);
        }
    }
}

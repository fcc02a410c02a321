using Babel.Kernels.Cpu.Simd;
using Babel.Kernels.Cpu.Threading;

namespace Babel.Kernels.Cpu;

internal sealed partial class CpuOps
{
    /// <inheritdoc/>
    public void QkScores(
        QkScoreForm form,
        QkScoreInputs inputs,
        AttentionSpec spec,
        SequenceLayout layout,
        TensorView scoreQ,
        TensorView scoreK)
    {
        AtWidth(new QkScoresCall(form, inputs, spec, layout, scoreQ, scoreK));
    }

    private readonly struct QkScoresCall(QkScoreForm form, QkScoreInputs inputs, AttentionSpec spec, SequenceLayout layout, TensorView scoreQ, TensorView scoreK) : IWidthCall
    {
        public void Run<TV>(CpuDevice device, WorkerPool pool)
            where TV : unmanaged, ILanes<TV>
        {
            QkPasses<TV>.Run(device, pool, form, inputs, spec, layout, scoreQ, scoreK);
        }
    }
}

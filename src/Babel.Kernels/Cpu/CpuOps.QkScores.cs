using Babel.Kernels.Cpu.Simd;

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
        switch (_device.InstructionSet)
        {
            case CpuInstructionSet.Avx512:
                QkPasses<WideAvx512>.Run(_device, _pool, form, inputs, spec, layout, scoreQ, scoreK);
                break;
            case CpuInstructionSet.Avx2:
                QkPasses<WideAvx2>.Run(_device, _pool, form, inputs, spec, layout, scoreQ, scoreK);
                break;
            case CpuInstructionSet.Vector128:
                QkPasses<WideVector128>.Run(_device, _pool, form, inputs, spec, layout, scoreQ, scoreK);
                break;
            default:
                QkPasses<WideScalar>.Run(_device, _pool, form, inputs, spec, layout, scoreQ, scoreK);
                break;
        }
    }
}

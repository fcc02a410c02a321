using Babel.Kernels.Cpu.Simd;

namespace Babel.Kernels.Cpu;

internal sealed partial class CpuOps
{
    /// <inheritdoc/>
    public void LogProb(
        TensorView x,
        Weight unembed,
        TensorView? bias,
        Activation cap,
        TensorView targets,
        TensorView output)
    {
        switch (_device.InstructionSet)
        {
            case CpuInstructionSet.Avx512:
                LogProbProduct<WideAvx512>.Run(_device, _pool, x, (CpuWeight)unembed, bias, cap, targets, output);
                break;
            case CpuInstructionSet.Avx2:
                LogProbProduct<WideAvx2>.Run(_device, _pool, x, (CpuWeight)unembed, bias, cap, targets, output);
                break;
            case CpuInstructionSet.Vector128:
                LogProbProduct<WideVector128>.Run(_device, _pool, x, (CpuWeight)unembed, bias, cap, targets, output);
                break;
            default:
                LogProbProduct<WideScalar>.Run(_device, _pool, x, (CpuWeight)unembed, bias, cap, targets, output);
                break;
        }

        GC.KeepAlive(unembed);
    }
}

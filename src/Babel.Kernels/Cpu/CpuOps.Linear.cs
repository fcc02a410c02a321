using Babel.Kernels.Cpu.Simd;

namespace Babel.Kernels.Cpu;

internal sealed partial class CpuOps
{
    /// <inheritdoc/>
    public void Linear(
        TensorView x,
        Weight weight,
        TensorView output,
        Epilogue? epilogue = null)
    {
        switch (_device.InstructionSet)
        {
            case CpuInstructionSet.Avx512:
                LinearProduct<WideAvx512>.Run(_device, _pool, x, (CpuWeight)weight, output, epilogue);
                break;
            case CpuInstructionSet.Avx2:
                LinearProduct<WideAvx2>.Run(_device, _pool, x, (CpuWeight)weight, output, epilogue);
                break;
            case CpuInstructionSet.Vector128:
                LinearProduct<WideVector128>.Run(_device, _pool, x, (CpuWeight)weight, output, epilogue);
                break;
            default:
                LinearProduct<WideScalar>.Run(_device, _pool, x, (CpuWeight)weight, output, epilogue);
                break;
        }

        GC.KeepAlive(weight);
    }
}

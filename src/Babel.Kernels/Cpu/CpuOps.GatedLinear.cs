using Babel.Kernels.Cpu.Simd;

namespace Babel.Kernels.Cpu;

internal sealed partial class CpuOps
{
    /// <inheritdoc/>
    public void GatedLinear(
        TensorView x,
        Weight gate,
        Weight up,
        TensorView output,
        GatedEpilogue epilogue)
    {
        switch (_device.InstructionSet)
        {
            case CpuInstructionSet.Avx512:
                GatedProduct<WideAvx512>.Run(_device, _pool, x, (CpuWeight)gate, (CpuWeight)up, output, epilogue);
                break;
            case CpuInstructionSet.Avx2:
                GatedProduct<WideAvx2>.Run(_device, _pool, x, (CpuWeight)gate, (CpuWeight)up, output, epilogue);
                break;
            case CpuInstructionSet.Vector128:
                GatedProduct<WideVector128>.Run(_device, _pool, x, (CpuWeight)gate, (CpuWeight)up, output, epilogue);
                break;
            default:
                GatedProduct<WideScalar>.Run(_device, _pool, x, (CpuWeight)gate, (CpuWeight)up, output, epilogue);
                break;
        }

        GC.KeepAlive(gate);
        GC.KeepAlive(up);
    }
}

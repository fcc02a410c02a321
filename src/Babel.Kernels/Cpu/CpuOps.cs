using Babel.Kernels.Cpu.Threading;

namespace Babel.Kernels.Cpu;

/// <summary>The operators on a CPU: one file an operator, micro-kernels under <c>Simd/</c>.</summary>
internal sealed partial class CpuOps(CpuDevice device, WorkerPool pool) : IOps
{
    private readonly CpuDevice _device = device;
    private readonly WorkerPool _pool = pool;

    /// <summary>Runs a call with the vectors the device was opened with.</summary>
    private void AtWidth<TCall>(in TCall call)
        where TCall : struct, IWidthCall
    {
        switch (_device.InstructionSet)
        {
            case CpuInstructionSet.Avx512:
                call.Run<WideAvx512>(_device, _pool);
                break;
            case CpuInstructionSet.Avx2:
                call.Run<WideAvx2>(_device, _pool);
                break;
            case CpuInstructionSet.Vector128:
                call.Run<WideVector128>(_device, _pool);
                break;
            default:
                call.Run<WideScalar>(_device, _pool);
                break;
        }
    }
}

using Babel.Kernels.Cpu.Threading;

namespace Babel.Kernels.Cpu;

/// <summary>The operators on a CPU: one file an operator, micro-kernels under <c>Simd/</c>.</summary>
internal sealed partial class CpuOps(CpuDevice device, WorkerPool pool) : IOps
{
    private readonly CpuDevice _device = device;
    private readonly WorkerPool _pool = pool;
}

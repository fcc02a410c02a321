using Babel.Kernels.Cpu.Simd;
using Babel.Kernels.Cpu.Threading;

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
        AtWidth(new LogProbCall(x, (CpuWeight)unembed, bias, cap, targets, output));
        GC.KeepAlive(unembed);
    }

    private readonly struct LogProbCall(TensorView x, CpuWeight unembed, TensorView? bias, Activation cap, TensorView targets, TensorView output) : IWidthCall
    {
        public void Run<TV>(CpuDevice device, WorkerPool pool)
            where TV : unmanaged, ILanes<TV>
        {
            LogProbProduct<TV>.Run(device, pool, x, unembed, bias, cap, targets, output);
        }
    }
}

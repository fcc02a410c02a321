using Babel.Kernels.Cpu.Simd;
using Babel.Kernels.Cpu.Threading;

namespace Babel.Kernels.Cpu;

internal sealed partial class CpuOps
{
    /// <inheritdoc/>
    public void Norm(NormKind kind, TensorView x, TensorView weight, TensorView? bias, float epsilon, TensorView output)
    {
        AtWidth(new NormCall(kind, x, weight, bias, epsilon, output));
    }

    private readonly struct NormCall(NormKind kind, TensorView x, TensorView weight, TensorView? bias, float epsilon, TensorView output) : IWidthCall
    {
        public void Run<TV>(CpuDevice device, WorkerPool pool)
            where TV : unmanaged, ILanes<TV>
        {
            var job = new NormJob<TV>(kind, x, weight, bias, epsilon, output);
            pool.Run(job.Items, job);
        }
    }
}

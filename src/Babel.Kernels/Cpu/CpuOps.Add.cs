using Babel.Kernels.Cpu.Simd;
using Babel.Kernels.Cpu.Threading;

namespace Babel.Kernels.Cpu;

internal sealed partial class CpuOps
{
    /// <inheritdoc/>
    public void Add(TensorView a, TensorView b, TensorView output)
    {
        AtWidth(new AddCall(a, b, output));
    }

    private readonly struct AddCall(TensorView a, TensorView b, TensorView output) : IWidthCall
    {
        public void Run<TV>(CpuDevice device, WorkerPool pool)
            where TV : unmanaged, ILanes<TV>
        {
            var job = new AddJob<TV>(a, b, output);
            pool.Run(job.Items, job);
        }
    }
}

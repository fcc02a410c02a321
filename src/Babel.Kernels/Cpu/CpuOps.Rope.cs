using Babel.Kernels.Cpu.Simd;
using Babel.Kernels.Cpu.Threading;

namespace Babel.Kernels.Cpu;

internal sealed partial class CpuOps
{
    /// <inheritdoc/>
    public void Rope(TensorView x, int headDim, RotaryTable rotary, TensorView output)
    {
        AtWidth(new RopeCall(x, headDim, rotary, output));
    }

    private readonly struct RopeCall(TensorView x, int headDim, RotaryTable rotary, TensorView output) : IWidthCall
    {
        public void Run<TV>(CpuDevice device, WorkerPool pool)
            where TV : unmanaged, ILanes<TV>
        {
            var job = new RopeJob<TV>(x, headDim, rotary, output);
            pool.Run(job.Items, job);
        }
    }
}

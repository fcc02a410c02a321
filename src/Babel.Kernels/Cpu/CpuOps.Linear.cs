using Babel.Kernels.Cpu.Simd;
using Babel.Kernels.Cpu.Threading;

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
        AtWidth(new LinearCall(x, (CpuWeight)weight, output, epilogue));
        GC.KeepAlive(weight);
    }

    private readonly struct LinearCall(TensorView x, CpuWeight weight, TensorView output, Epilogue? epilogue) : IWidthCall
    {
        public void Run<TV>(CpuDevice device, WorkerPool pool)
            where TV : unmanaged, ILanes<TV>
        {
            LinearProduct<TV>.Run(device, pool, x, weight, output, epilogue);
        }
    }
}

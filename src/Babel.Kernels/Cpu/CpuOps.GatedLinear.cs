using Babel.Kernels.Cpu.Simd;
using Babel.Kernels.Cpu.Threading;

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
        AtWidth(new GatedLinearCall(x, (CpuWeight)gate, (CpuWeight)up, output, epilogue));
        GC.KeepAlive(gate);
        GC.KeepAlive(up);
    }

    private readonly struct GatedLinearCall(TensorView x, CpuWeight gate, CpuWeight up, TensorView output, GatedEpilogue epilogue) : IWidthCall
    {
        public void Run<TV>(CpuDevice device, WorkerPool pool)
            where TV : unmanaged, ILanes<TV>
        {
            GatedProduct<TV>.Run(device, pool, x, gate, up, output, epilogue);
        }
    }
}

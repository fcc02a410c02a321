using Babel.Kernels.Cpu.Simd;

namespace Babel.Kernels.Cpu;

internal sealed partial class CpuOps
{
    /// <inheritdoc/>
    public void ColumnDots(
        Weight weight,
        TensorView left,
        TensorView right,
        TensorView output)
    {
        ColumnInnerProducts.Run(_pool, (CpuWeight)weight, left, right, output);
        GC.KeepAlive(weight);
    }
}

using Babel.Kernels.Cpu.Simd;

namespace Babel.Kernels.Cpu;

internal sealed partial class CpuOps
{
    /// <inheritdoc/>
    public void Embed(
        TensorView ids,
        Weight table,
        TensorView output,
        float scale = 1,
        bool accumulate = false)
    {
        EmbedRows.Run(_pool, ids, (CpuWeight)table, output, scale, accumulate);
        GC.KeepAlive(table);
    }
}

using Babel.Kernels.Cpu.Simd;

namespace Babel.Kernels.Cpu;

internal sealed partial class CpuOps
{
    /// <inheritdoc/>
    public void GatherRows(TensorView x, TensorView rows, TensorView output) => CopyRows(x, rows, null, output, "GatherRows: rows");

    private void CopyRows(TensorView x, TensorView? from, TensorView? to, TensorView output, string operand)
    {
        var job = new RowCopyJob(x, from, to, output, operand);
        _pool.Run(job.Items, job);
    }
}

namespace Babel.Kernels.Cpu;

internal sealed partial class CpuOps
{
    /// <inheritdoc/>
    public void ScatterRows(TensorView x, TensorView rows, TensorView output) => CopyRows(x, null, rows, output, "ScatterRows: rows");
}

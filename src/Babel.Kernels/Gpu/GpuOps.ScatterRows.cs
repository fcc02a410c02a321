namespace Babel.Kernels.Gpu;

internal abstract partial class GpuOps
{
    /// <inheritdoc/>
    public void ScatterRows(TensorView x, TensorView rows, TensorView output)
    {
        CheckIndices(rows, output.Shape.Rows, "ScatterRows: rows");
        CopyRows(x, null, rows, output, rows.Count);
    }
}

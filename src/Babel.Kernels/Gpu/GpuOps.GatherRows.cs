namespace Babel.Kernels.Gpu;

internal abstract partial class GpuOps
{
    /// <inheritdoc/>
    public void GatherRows(TensorView x, TensorView rows, TensorView output)
    {
        CheckIndices(rows, x.Shape.Rows, "GatherRows: rows");
        CopyRows(x, rows, null, output, rows.Count);
    }

    private void CopyRows(TensorView x, TensorView? from, TensorView? to, TensorView output, long rows)
    {
        Arguments().Add(x).Add(from).Add(to).Add(output).Add(from is not null).Add(to is not null).Add(rows).Add((int)x.Shape.Columns);
        Flat("copy_rows", rows * Tuning.Blocks(x.Shape.Columns));
    }
}

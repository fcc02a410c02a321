namespace Babel.Kernels.Gpu;

internal abstract partial class GpuOps
{
    /// <inheritdoc/>
    public void ColumnDots(Weight weight, TensorView left, TensorView right, TensorView output)
    {
        CheckIndices(left, weight.Columns, "ColumnDots: left");
        CheckIndices(right, weight.Columns, "ColumnDots: right");
        var w = (GpuWeight)weight;
        Arguments().Add(w.Memory).Add(w.StorageCode).Add(w.Rows).Add(w.Columns).Add(left).Add(right).Add(output).Add(output.Count);
        Flat("column_dots", output.Count);
    }
}

namespace Babel.Kernels.Reference;

internal sealed partial class ReferenceOps
{
    /// <inheritdoc/>
    public void GatherRows(TensorView x, TensorView rows, TensorView output)
    {
        var row = rows.Span<int>();
        for (int i = 0; i < row.Length; i++) Row(x, Index(row, i, x.Shape.Rows, "GatherRows: rows")).CopyTo(Row(output, i));
    }
}

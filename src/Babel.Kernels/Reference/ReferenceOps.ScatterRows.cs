namespace Babel.Kernels.Reference;

internal sealed partial class ReferenceOps
{
    /// <inheritdoc/>
    public void ScatterRows(TensorView x, TensorView rows, TensorView output)
    {
        var row = rows.Span<int>();
        for (int i = 0; i < row.Length; i++) Row(x, i).CopyTo(Row(output, Index(row, i, output.Shape.Rows, "ScatterRows: rows")));
    }
}

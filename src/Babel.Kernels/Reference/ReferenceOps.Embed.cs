namespace Babel.Kernels.Reference;

internal sealed partial class ReferenceOps
{
    /// <inheritdoc/>
    public void Embed(TensorView ids, Weight table, TensorView output, float scale = 1, bool accumulate = false)
    {
        var id = ids.Span<int>();
        for (int n = 0; n < id.Length; n++)
        {
            var row = ((ReferenceWeight)table).Row(Index(id, n, table.Rows, "Embed: ids"));
            var y = Row(output, n);
            for (int c = 0; c < y.Length; c++) y[c] = (accumulate ? y[c] : 0) + (scale * row[c]);
        }
    }
}

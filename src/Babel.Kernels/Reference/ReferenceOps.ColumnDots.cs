namespace Babel.Kernels.Reference;

internal sealed partial class ReferenceOps
{
    /// <inheritdoc/>
    public void ColumnDots(Weight weight, TensorView left, TensorView right, TensorView output)
    {
        var l = left.Span<int>();
        var r = right.Span<int>();
        var y = output.Span<double>();
        for (int p = 0; p < y.Length; p++)
        {
            int a = Index(l, p, weight.Columns, "ColumnDots: left");
            int b = Index(r, p, weight.Columns, "ColumnDots: right");
            y[p] = 0;
            for (int n = 0; n < weight.Rows; n++) y[p] += ((ReferenceWeight)weight).Row(n)[a] * ((ReferenceWeight)weight).Row(n)[b];
        }
    }
}

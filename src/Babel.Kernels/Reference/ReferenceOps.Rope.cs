namespace Babel.Kernels.Reference;

internal sealed partial class ReferenceOps
{
    /// <inheritdoc/>
    public void Rope(TensorView x, int headDim, RotaryTable rotary, TensorView output)
    {
        for (int n = 0; n < x.Shape.Rows; n++)
        {
            var y = Row(output, n);
            Row(x, n).CopyTo(y);
            for (int head = 0; head < y.Length; head += headDim) Rotate(y.Slice(head, headDim), rotary, n);
        }
    }

    /// <summary>Turns one head of token <paramref name="n"/> in place.</summary>
    private static void Rotate(Span<double> head, RotaryTable rotary, int n)
    {
        int position = Index(rotary.Rows.Span<int>(), n, rotary.Cos.Shape.Rows, "Rope: rows");
        var cos = Row(rotary.Cos, position);
        var sin = Row(rotary.Sin, position);
        for (int j = 0; j < cos.Length; j++)
        {
            double a = head[j], b = head[j + cos.Length];
            head[j] = (a * cos[j]) - (b * sin[j]);
            head[j + cos.Length] = (b * cos[j]) + (a * sin[j]);
        }
    }
}

namespace Babel.Kernels.Reference;

internal sealed partial class ReferenceOps
{
    /// <inheritdoc/>
    public void ColumnStats(TensorView x, SequenceLayout layout, TapStats stats)
    {
        var rows = new double[x.Shape.Rows][];
        for (int r = 0; r < rows.Length; r++) rows[r] = Row(x, r).ToArray();
        Statistics(rows, layout, stats);
    }

    private static void Statistics(double[][] x, SequenceLayout layout, TapStats stats)
    {
        for (int s = 0; s < layout.Count; s++)
        {
            var span = layout.Spans[s];
            for (int c = 0; c < stats.Width; c++)
            {
                int count = 0;
                double sum = 0, sumAbs = 0, sumSquares = 0, max = double.NegativeInfinity;
                for (int t = span.QueryStart; t < span.QueryStart + span.QueryLength; t++)
                {
                    double value = x[t][c];
                    if (value > 0) count++;
                    sum += value;
                    sumAbs += Math.Abs(value);
                    sumSquares += value * value;
                    max = Math.Max(max, value);
                }

                stats.Count.View.Span<int>()[(int)((s * stats.Width) + c)] = count;
                Row(stats.Sum, s)[c] = sum;
                Row(stats.SumAbs, s)[c] = sumAbs;
                Row(stats.SumSquares, s)[c] = sumSquares;
                Row(stats.Max, s)[c] = max;
            }
        }
    }
}

namespace Babel.Analysis.Statistics;

/// <summary>The sums of one part and language while documents are read: <see cref="TapSums"/>, and what has not reached its fixed point yet.</summary>
internal sealed class RunningSums(TapSums totals)
{
    private readonly FixedSums _sum = new(totals.Layers, totals.Width), _sumAbs = new(totals.Layers, totals.Width), _sumSquares = new(totals.Layers, totals.Width);

    /// <summary>Counts and maxima, which are whole at any time; sums only after <see cref="Finish"/>.</summary>
    public TapSums Totals { get; } = totals;

    /// <summary>Adds windows' sums of x, |x| or x^2, [rows, n].</summary>
    public void AddSum(int layer, ReadOnlySpan<double> rows) => _sum.Add(layer, rows, Totals.Sum.Write(layer));

    /// <inheritdoc cref="AddSum"/>
    public void AddSumAbs(int layer, ReadOnlySpan<double> rows) => _sumAbs.Add(layer, rows, Totals.SumAbs.Write(layer));

    /// <inheritdoc cref="AddSum"/>
    public void AddSumSquares(int layer, ReadOnlySpan<double> rows) => _sumSquares.Add(layer, rows, Totals.SumSquares.Write(layer));

    /// <summary>Makes a layer's sums whole.</summary>
    /// <exception cref="OverflowException">A sum is out of range.</exception>
    public void Finish(int layer)
    {
        _sum.Finish(layer, Totals.Sum.Write(layer));
        _sumAbs.Finish(layer, Totals.SumAbs.Write(layer));
        _sumSquares.Finish(layer, Totals.SumSquares.Write(layer));
    }
}

namespace Babel.Analysis.Statistics;

/// <summary>The sums of one part and language while documents are read: <see cref="TapSums"/>, and what has not reached its fixed point yet.</summary>
internal sealed class RunningSums(int layers, int width)
{
    private readonly FixedSums _sum = new(layers, width), _sumAbs = new(layers, width), _sumSquares = new(layers, width);

    /// <summary>Counts and maxima, which are whole at any time; sums only after <see cref="Finish"/>.</summary>
    public TapSums Totals { get; } = new(layers, width);

    /// <summary>Adds windows' sums of x, |x| or x^2, [rows, n].</summary>
    public void AddSum(int layer, ReadOnlySpan<double> rows) => _sum.Add(layer, rows, Of(Totals.Sum, layer));

    /// <inheritdoc cref="AddSum"/>
    public void AddSumAbs(int layer, ReadOnlySpan<double> rows) => _sumAbs.Add(layer, rows, Of(Totals.SumAbs, layer));

    /// <inheritdoc cref="AddSum"/>
    public void AddSumSquares(int layer, ReadOnlySpan<double> rows) => _sumSquares.Add(layer, rows, Of(Totals.SumSquares, layer));

    /// <summary>Makes a layer's sums whole.</summary>
    /// <exception cref="OverflowException">A sum is out of range.</exception>
    public void Finish(int layer)
    {
        _sum.Finish(layer, Of(Totals.Sum, layer));
        _sumAbs.Finish(layer, Of(Totals.SumAbs, layer));
        _sumSquares.Finish(layer, Of(Totals.SumSquares, layer));
    }

    private Span<Int128> Of(Int128[] sums, int layer) => sums.AsSpan(layer * width, width);
}

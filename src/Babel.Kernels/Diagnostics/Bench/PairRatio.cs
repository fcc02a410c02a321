namespace Babel.Kernels.Diagnostics.Bench;

/// <summary>How long something takes over what it is compared with, from pairs of neighbouring readings.</summary>
/// <param name="Median">Of the pairs' ratios.</param>
/// <param name="Low">Their lower quartile.</param>
/// <param name="High">Their upper quartile.</param>
/// <param name="OfLeast">The shortest reading of the one over the shortest of the other.</param>
/// <param name="Pairs">How many pairs there were.</param>
public readonly record struct PairRatio(double Median, double Low, double High, double OfLeast, int Pairs)
{
    /// <summary>Half the distance of the quartiles.</summary>
    public double Spread => (High - Low) / 2;
}

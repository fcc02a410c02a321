namespace Babel.Analysis.Verification;

/// <summary>How a device did in one quantity of one model, against float64.</summary>
/// <param name="Model">The model.</param>
/// <param name="Quantity">What was compared.</param>
/// <param name="Error">
/// Root mean square of the difference over that of the reference, the worst of the quantity's tensors; of counters the sum of differences over the sum of counts, of tokens
/// and of bits the share that differs.
/// </param>
/// <param name="Bound">What the error may be.</param>
/// <param name="Milliseconds">What the device took for it, the first time; 0 where it fell off with another quantity.</param>
/// <param name="Failure">What is wrong, or null.</param>
public sealed record ModelCheckResult(string Model, string Quantity, double Error, double Bound, double Milliseconds, string? Failure)
{
    /// <summary>Whether the quantity kept its bound.</summary>
    public bool Passed => Failure is null;

    /// <summary>Error over bound; 0 where both are.</summary>
    public double BoundUsed => Error == 0 ? 0 : Error / Bound;
}

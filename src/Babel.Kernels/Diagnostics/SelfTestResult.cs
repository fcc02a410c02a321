namespace Babel.Kernels.Diagnostics;

/// <summary>How a device did in one case of the operator table, against the float64 reference.</summary>
/// <param name="Operator">The operator, as <see cref="IOps"/> names it.</param>
/// <param name="Case">Sizes and options.</param>
/// <param name="AbsoluteError">The largest |device - reference| of all outputs.</param>
/// <param name="RelativeError">The largest |device - reference| / |reference|, where the reference is not 0.</param>
/// <param name="BoundUsed">The largest share of its error bound that an element used; above 1 the case fails.</param>
/// <param name="Milliseconds">The time of the call, of one call, the first one.</param>
/// <param name="Failure">What is wrong, or null.</param>
public sealed record SelfTestResult(
    string Operator,
    string Case,
    double AbsoluteError,
    double RelativeError,
    double BoundUsed,
    double Milliseconds,
    string? Failure)
{
    /// <summary>Whether every element kept its bound and nothing else was touched.</summary>
    public bool Passed => Failure is null;
}

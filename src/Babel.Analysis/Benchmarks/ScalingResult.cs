namespace Babel.Analysis.Benchmarks;

/// <summary>What <see cref="ScalingBench"/> found.</summary>
/// <param name="Law">Fitted to the points of the axes.</param>
/// <param name="Points">All points.</param>
/// <param name="Memory">Memory against its formulas.</param>
public sealed record ScalingResult(ScalingLaw Law, IReadOnlyList<ScalingPoint> Points, IReadOnlyList<MemoryPoint> Memory)
{
    /// <summary>What the law says of a point, seconds.</summary>
    public double Predicted(ScalingPoint point) => Law.Predict(point.Spec, point.WeightBytes, point.Tokens, point.Length);
}

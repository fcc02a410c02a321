namespace Babel.Kernels.Diagnostics.Cases;

/// <summary>What the reference says about an output.</summary>
/// <param name="Name">Its name in messages.</param>
/// <param name="Values">The elements.</param>
/// <param name="Bounds">The allowed |difference| of each; null for none.</param>
internal sealed record CaseOutput(string Name, double[] Values, double[]? Bounds);

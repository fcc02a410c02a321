namespace Babel.Analysis.Benchmarks;

/// <summary>Memory of a run, measured and by its formula, bytes.</summary>
/// <param name="What">Weights, activations or statistics, and of what size.</param>
/// <param name="Measured">Growth of the process, or of the managed heap for statistics.</param>
/// <param name="Predicted">The formula of docs/performance.md.</param>
public sealed record MemoryPoint(string What, double Measured, double Predicted);

namespace Babel.Kernels;

/// <summary>
/// What is taken from a tensor while it passes through an epilogue: the values themselves, their statistics, or both. Taking costs
/// no extra pass over memory: the value is still in cache.
/// </summary>
/// <param name="Values">Receives a copy, [N, n] in the compute type; null to take none.</param>
/// <param name="Stats">Receives the statistics by sequence; null to take none.</param>
/// <param name="Layout">Which rows belong to which sequence; required with <paramref name="Stats"/>.</param>
public sealed record NeuronTap(TensorView? Values = null, TapStats? Stats = null, SequenceLayout? Layout = null);

using Babel.Kernels.Diagnostics.Bench;
using Babel.Model;
using Babel.Model.RandomModels;

namespace Babel.Analysis.Benchmarks;

/// <summary>One measured forward pass of <see cref="ScalingBench"/>.</summary>
/// <param name="Axis">What is varied: tokens, length, width, layers, threads; or check, a point no constant is fitted to.</param>
/// <param name="Case">The point, in words.</param>
/// <param name="Shape">The model.</param>
/// <param name="Spec">Its form.</param>
/// <param name="WeightBytes">Bytes of the weights the pass reads.</param>
/// <param name="Tokens">N.</param>
/// <param name="Length">T.</param>
/// <param name="Threads">Of the device; 0 for all.</param>
/// <param name="Time">Measured.</param>
public sealed record ScalingPoint(
    string Axis, string Case, RandomModelShape Shape, DecoderSpec Spec, long WeightBytes, int Tokens, int Length, int Threads, Timing Time)
{
    /// <summary>Whether the law is fitted to it.</summary>
    public bool IsFitted => Axis != ScalingBench.Check && Threads == 0;
}

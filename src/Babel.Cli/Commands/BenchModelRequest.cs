using Babel.Kernels;

namespace Babel.Cli.Commands;

/// <summary>What <c>babel bench forward</c> and <c>babel bench statistics</c> are asked for.</summary>
/// <param name="Models">Folders or named shapes.</param>
/// <param name="Weights">How random weights are stored.</param>
/// <param name="Tokens">Of a batch.</param>
/// <param name="Length">Of a sequence.</param>
/// <param name="Seconds">For each measurement.</param>
internal sealed record BenchModelRequest(IReadOnlyList<string> Models, DType Weights, int Tokens, int Length, double Seconds);

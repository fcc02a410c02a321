using Babel.Kernels.Diagnostics.Bench;

namespace Babel.Cli.Commands;

/// <summary>What <c>babel bench operators</c> is asked for.</summary>
/// <param name="Shape">The sizes of the model.</param>
/// <param name="Product">One product M, N, K instead of the operators; null for the operators.</param>
/// <param name="Operator">Only this operator; null for all.</param>
/// <param name="Seconds">For each case.</param>
internal sealed record BenchOperatorsRequest(OperatorBenchShape Shape, (int M, int N, int K)? Product, string? Operator, double Seconds);

namespace Babel.Kernels.Diagnostics.Bench;

/// <summary>An entry of the table of measured operators.</summary>
/// <param name="Operator">The method of <see cref="IOps"/>.</param>
/// <param name="Name">Its size, in words.</param>
/// <param name="Make">Makes the operands and says what is called.</param>
internal sealed record BenchCase(string Operator, Func<OperatorBenchShape, string> Name, Func<BenchOperands, BenchWork> Make);

namespace Babel.Kernels.Diagnostics.Bench;

/// <summary>A call that is measured, and what it has to do at least.</summary>
/// <param name="Call">The operator on its operands.</param>
/// <param name="Flop">Additions and multiplications; 0 where they do not describe it.</param>
/// <param name="Bytes">Operands and results, each once.</param>
internal readonly record struct BenchWork(Action Call, double Flop, double Bytes);

namespace Babel.Kernels.Diagnostics.Bench;

/// <summary>A rate nothing on a device gets beyond.</summary>
/// <param name="Rate">10^9 operations or bytes a second.</param>
/// <param name="Meaning">By what it was measured, in words.</param>
public readonly record struct Ceiling(double Rate, string Meaning);

namespace Babel.Kernels.Diagnostics.Bench;

/// <summary>Square products of one size, measured by turns in one run.</summary>
/// <param name="Side">Rows, outputs and inputs.</param>
/// <param name="Ways">Ours first.</param>
/// <param name="Vendor">The library ours stand beside, with its version; or why there is none.</param>
public sealed record ProductComparison(int Side, IReadOnlyList<ProductMeasurement> Ways, string Vendor);

namespace Babel.Kernels.Diagnostics.Bench;

/// <summary>A way to multiply that takes part in <see cref="ProductBench"/>.</summary>
/// <param name="Way">Who multiplies, and in what.</param>
/// <param name="Call">Enqueues the product.</param>
/// <param name="Wait">Waits for it.</param>
/// <param name="FirstRows">Reads the first rows of the result.</param>
/// <param name="Rounded">Whether the weight is that of bf16 numbers, or of float32 ones: results of each are alike.</param>
/// <param name="Peak">What the device does at most in this way, 10^9 operations a second; NaN where that is not known.</param>
/// <param name="Beside">The way it is compared with, or null.</param>
internal sealed record ProductRacer(string Way, Action Call, Action Wait, Func<float[]> FirstRows, bool Rounded, double Peak = double.NaN, string? Beside = null);

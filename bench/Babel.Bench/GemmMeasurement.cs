namespace Babel.Bench;

/// <summary>One shape at one number of threads: median GFLOP/s, and medians of the ratios to OpenBLAS; 0 where it is not installed.</summary>
internal sealed record GemmMeasurement(
    int M, int N, int K, int Threads, double F32, double BF16, double F16, double Blas, double F32Ratio, double BF16Ratio, double F16Ratio)
{
    /// <summary>The FMA ceiling at this number of threads.</summary>
    public double PeakGflops { get; init; }

    /// <summary>The read ceiling at this number of threads, GB/s.</summary>
    public double ReadGigabytes { get; init; }

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant(
        $"{M,5}x{N}x{K} threads {Threads}  F32 {F32,6:F1}  BF16 {BF16,6:F1}  F16 {F16,6:F1}  OpenBLAS {Blas,6:F1}  ratios {F32Ratio:F2} {BF16Ratio:F2} {F16Ratio:F2}  peak {F32 / PeakGflops:P0}");
}

namespace Babel.Kernels;

/// <summary>The two normalisations of the supported families.</summary>
public enum NormKind
{
    /// <summary>x / sqrt(mean(x^2) + eps) * w (Zhang and Sennrich 2019, arXiv 1910.07467).</summary>
    Rms,

    /// <summary>(x - mean(x)) / sqrt(var(x) + eps) * w + b, variance over the row, not corrected (Ba et al. 2016, arXiv 1607.06450).</summary>
    Layer,
}

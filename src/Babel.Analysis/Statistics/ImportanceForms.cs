namespace Babel.Analysis.Statistics;

/// <summary>Which readings of the PLND importance are taken (Zhao et al. 2024, arXiv 2402.18815).</summary>
[Flags]
public enum ImportanceForms
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>The L2 norm of the change of the sub-layer's output (for Q and K: of the attention probabilities) when the neuron is off.</summary>
    Exact = 1,

    /// <summary>
    /// The released code's proxies: FFN sum_t |u_k|, V sum_t |z_i| over the concatenated heads, Q = K the unscaled rank-one change of
    /// the probabilities.
    /// </summary>
    Repo = 2,

    /// <summary>Both.</summary>
    Both = Exact | Repo,
}

namespace Babel.Analysis.Selection;

/// <summary>How an FFN neuron's use by one language is compared with its use by the others; p is <see cref="ActivationProbabilities"/>.</summary>
public enum ComparativeRule
{
    /// <summary><c>p_l - max_(m != l) p_m</c>: how much more often the neuron is on than in the language that comes next.</summary>
    MarginToNext,

    /// <summary><c>p_l - mean_(m != l) p_m</c>: how much more often than in the others on average; related languages may share it.</summary>
    MarginToMean,

    /// <summary>
    /// <c>(p_l - mean_(m != l) p_m) / (sd_(m != l) p_m + 0.02)</c>, population sd: how far outside the others' spread. The constant keeps rarely used neurons of no
    /// spread from winning on a handful of tokens.
    /// </summary>
    ZScore,
}

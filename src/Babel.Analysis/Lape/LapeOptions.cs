namespace Babel.Analysis.Lape;

/// <summary>The thresholds of LAPE; the defaults are those of the released code.</summary>
public sealed record LapeOptions
{
    /// <summary>The share of all FFN neurons that is selected.</summary>
    public double TopRate { get; init; } = 0.01;

    /// <summary>The quantile of all activation probabilities one language has to exceed for the neuron to be considered.</summary>
    public double FilterRate { get; init; } = 0.95;

    /// <summary>The quantile a language has to exceed for a selected neuron to be one of its own.</summary>
    public double ActivationBarRatio { get; init; } = 0.95;
}

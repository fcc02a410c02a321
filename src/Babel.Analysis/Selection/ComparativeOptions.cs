namespace Babel.Analysis.Selection;

/// <summary>How the comparative rule selects.</summary>
public sealed record ComparativeOptions
{
    /// <summary>What neurons are ranked by.</summary>
    public ComparativeRule Rule { get; init; } = ComparativeRule.MarginToNext;

    /// <summary>The largest share of all FFN neurons a language's set has.</summary>
    public double Share { get; init; } = 0.02;
}

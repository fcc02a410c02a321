namespace Babel.Cli.Commands;

/// <summary>How neurons are selected from stored statistics.</summary>
internal enum SelectionMethod
{
    /// <summary>The default rule, which compares languages.</summary>
    Comparative,

    /// <summary>Top K per document, or a threshold; nothing is compared.</summary>
    Plnd,

    /// <summary>Entropy of activation probabilities over languages.</summary>
    Lape,
}

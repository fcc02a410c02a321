namespace Babel.Analysis.Statistics;

/// <summary>Which sum of a neuron's values.</summary>
internal enum SumKind
{
    /// <summary>sum x.</summary>
    Values,

    /// <summary>sum |x|.</summary>
    Sizes,

    /// <summary>sum x^2.</summary>
    Squares,
}

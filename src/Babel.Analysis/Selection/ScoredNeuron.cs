using Babel.Model;

namespace Babel.Analysis.Selection;

/// <summary>A neuron that was selected, and why.</summary>
/// <param name="Id">Which.</param>
/// <param name="Score">What it was ranked by: the higher, the more it belongs to the language.</param>
public sealed record ScoredNeuron(NeuronId Id, double Score)
{
    /// <summary>PLND: in how many documents it was among the top K.</summary>
    public int? Hits { get; init; }

    /// <summary>PLND: its least importance over documents.</summary>
    public double? MinImportance { get; init; }

    /// <summary>PLND: its mean importance over documents.</summary>
    public double? MeanImportance { get; init; }
}

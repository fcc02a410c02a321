using Babel.Model;

namespace Babel.Analysis.Ablation;

/// <summary>Neurons to be switched off together.</summary>
/// <param name="Name">The language they were selected for; a language of the evaluation text makes it the row's own column.</param>
/// <param name="Neurons">The neurons, in any order. Up, Gate and Down of one index are one FFN neuron and count once.</param>
public sealed record AblationSet(string Name, IReadOnlyList<NeuronId> Neurons);

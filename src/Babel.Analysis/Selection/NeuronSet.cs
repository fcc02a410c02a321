using Babel.Model;

namespace Babel.Analysis.Selection;

/// <summary>The neurons selected for one language, best first.</summary>
/// <param name="Language">The language's code.</param>
/// <param name="Neurons">The neurons, in the order of the method.</param>
public sealed record NeuronSet(string Language, IReadOnlyList<ScoredNeuron> Neurons)
{
    /// <summary>Who they are.</summary>
    public IEnumerable<NeuronId> Ids => Neurons.Select(n => n.Id);

    /// <summary>How many neurons each layer has in the set.</summary>
    /// <param name="layers">L.</param>
    /// <param name="part">Count this part only; null for all.</param>
    public int[] CountsByLayer(int layers, NeuronPart? part = null)
    {
        var counts = new int[layers];
        foreach (var id in Ids)
        {
            if (part is null || id.Part == part) counts[id.Layer]++;
        }

        return counts;
    }
}

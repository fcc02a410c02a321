using Babel.Analysis.Statistics;
using Babel.Model;

namespace Babel.Analysis.Selection;

/// <summary>
/// p_l,k = count / tokens: the share of a language's tokens on which an FFN neuron is on, that is, on which its pre-activation (gate, or fc1 in a plain
/// FFN) is above zero. Neurons run over all layers, k = layer F + index.
/// </summary>
/// <param name="Languages">G languages, in ordinal order.</param>
/// <param name="Values">[G][L F].</param>
/// <param name="FfnWidth">F.</param>
public sealed record ActivationProbabilities(IReadOnlyList<string> Languages, IReadOnlyList<double[]> Values, int FfnWidth)
{
    /// <summary>Reads them from counts.</summary>
    /// <exception cref="Errors.StoreCorruptException">The counts were not taken.</exception>
    public static ActivationProbabilities Of(NeuronStats stats)
    {
        var part = stats.Header.Shape.ActivationPart;
        return new ActivationProbabilities(
            [.. stats.Languages.Select(l => l.Language)],
            [.. stats.Languages.Select(l => Array.ConvertAll(l.SumsOf(part).Count.ToArray(), c => (double)c / l.Tokens))],
            stats.Header.Shape.FfnWidth);
    }

    /// <summary>The neuron k of these arrays, named by what it writes (Down): switching it off sets h_k to 0.</summary>
    public NeuronId Id(int k) => new(k / FfnWidth, NeuronPart.Down, k % FfnWidth);
}

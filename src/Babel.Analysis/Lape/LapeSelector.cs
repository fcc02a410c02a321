using Babel.Analysis.Selection;
using Babel.Analysis.Statistics;
using Babel.Model;

namespace Babel.Analysis.Lape;

/// <summary>
/// Language Activation Probability Entropy (Tang et al. 2024, arXiv 2402.16438). With p_l,k the share of tokens of language l on which FFN
/// neuron k is on (its pre-activation above zero) and p' = p / sum_l p: <c>LAPE_k = -sum_l p'_l ln p'_l</c>; neurons with a low entropy belong to few languages.
/// </summary>
/// <remarks>
/// (a) Neurons no language exceeds the filter quantile on are dropped. (b) The round(TopRate L F) smallest entropies are selected over all layers, ties to
/// the lower layer and index. (c) A selected neuron belongs to every language above the activation quantile. With equal quantiles the union
/// of the sets has exactly round(TopRate L F) neurons. The quantile q of n values is the one of rank round(q n), counted from 1 (half to even).
/// </remarks>
public static class LapeSelector
{
    /// <summary>Selects from counts.</summary>
    /// <exception cref="Errors.StoreCorruptException">The counts of the activation part were not taken.</exception>
    public static LanguageNeurons Select(NeuronStats stats, LapeOptions options)
    {
        var p = ActivationProbabilities.Of(stats);
        int neurons = stats.Header.Shape.FfnNeurons;
        double[] sorted = [.. p.Values.SelectMany(v => v)];
        Array.Sort(sorted);
        double filter = Quantile(sorted, options.FilterRate), bar = Quantile(sorted, options.ActivationBarRatio);
        var entropy = new double[neurons];
        for (int k = 0; k < neurons; k++)
        {
            bool considered = p.Values.Any(v => v[k] > filter);
            entropy[k] = considered ? Entropy(p.Values.Select(v => v[k])) : double.PositiveInfinity;
        }

        int count = (int)Math.Round(options.TopRate * neurons, MidpointRounding.ToEven);
        int[] selected = [.. Enumerable.Range(0, neurons).Where(k => double.IsFinite(entropy[k])).OrderBy(k => entropy[k]).Take(count)];
        var sets = p.Languages.Select((language, l) => new NeuronSet(
            language,
            [.. selected.Where(k => p.Values[l][k] > bar).Select(k => new ScoredNeuron(p.Id(k), -entropy[k]))]));
        return new LanguageNeurons(
            stats.Header.Model,
            "lape",
            [
                new("topRate", $"{options.TopRate:R}"),
                new("filterRate", $"{options.FilterRate:R}"),
                new("activationBarRatio", $"{options.ActivationBarRatio:R}"),
            ],
            [.. sets]);
    }

    /// <summary>-sum p' ln p' of p' = p / sum p, in nats; 0 ln 0 = 0, and 0 where all are 0.</summary>
    public static double Entropy(IEnumerable<double> probabilities)
    {
        double[] p = [.. probabilities];
        double total = p.Sum();
        return total == 0 ? 0 : -p.Where(v => v > 0).Sum(v => v / total * Math.Log(v / total));
    }

    private static double Quantile(double[] ascending, double rate)
    {
        int rank = (int)Math.Round(rate * ascending.Length, MidpointRounding.ToEven);
        return ascending[Math.Clamp(rank, 1, ascending.Length) - 1];
    }
}

using Babel.Analysis.Statistics;

namespace Babel.Analysis.Selection;

/// <summary>
/// The default selection: the FFN neurons that are on more often in one language than in any other. With p_l,k the share of tokens of language l
/// on which neuron k is on, each language takes the floor(Share L F) neurons of the highest score under its <see cref="ComparativeRule"/>, over all layers; only
/// neurons of a positive score, so a set may be smaller. Ties to the lower layer and index.
/// </summary>
/// <remarks>
/// PLND asks what a language uses, and its sets share most of their neurons between languages; LAPE asks which neurons few languages use, and gives the languages
/// sets of very different sizes. This rule asks what a language uses more than the others do, with one size for all, which is what an ablation
/// compares. Source of the counts: LAPE (Tang et al. 2024, arXiv 2402.16438), section on activation probabilities.
/// </remarks>
public static class ComparativeSelector
{
    /// <summary>Selects from counts.</summary>
    /// <exception cref="ArgumentException">Fewer than two languages, or a share outside (0, 1].</exception>
    /// <exception cref="Errors.StoreCorruptException">The counts of the activation part were not taken.</exception>
    public static LanguageNeurons Select(NeuronStats stats, ComparativeOptions options)
    {
        var p = ActivationProbabilities.Of(stats);
        if (p.Languages.Count < 2) throw new ArgumentException("a rule that compares languages needs at least two", nameof(stats));
        if (options.Share is not (> 0 and <= 1)) throw new ArgumentException("the share of neurons lies in (0, 1]", nameof(options));
        int neurons = stats.Header.Shape.FfnNeurons;
        int size = (int)(options.Share * neurons);
        var sets = new List<NeuronSet>();
        for (int l = 0; l < p.Languages.Count; l++)
        {
            double[] scores = Scores(p, l, neurons, options.Rule);
            var best = Enumerable.Range(0, neurons).Where(k => scores[k] > 0).OrderByDescending(k => scores[k]).ThenBy(k => k).Take(size);
            sets.Add(new NeuronSet(p.Languages[l], [.. best.Select(k => new ScoredNeuron(p.Id(k), scores[k]))]));
        }

        return new LanguageNeurons(
            stats.Header.Model, "comparative", [new("rule", options.Rule.ToString()), new("share", $"{options.Share:R}")], sets);
    }

    private static double[] Scores(ActivationProbabilities p, int language, int neurons, ComparativeRule rule)
    {
        var scores = new double[neurons];
        var others = new double[p.Languages.Count - 1];
        for (int k = 0; k < neurons; k++)
        {
            int n = 0;
            for (int l = 0; l < p.Languages.Count; l++)
            {
                if (l != language) others[n++] = p.Values[l][k];
            }

            scores[k] = Score(p.Values[language][k], others, rule);
        }

        return scores;
    }

    private static double Score(double own, ReadOnlySpan<double> others, ComparativeRule rule)
    {
        double largest = others[0], mean = 0, variance = 0;
        foreach (double other in others)
        {
            largest = Math.Max(largest, other);
            mean += other / others.Length;
        }

        foreach (double other in others) variance += (other - mean) * (other - mean) / others.Length;
        return rule switch
        {
            ComparativeRule.MarginToNext => own - largest,
            ComparativeRule.MarginToMean => own - mean,
            _ => (own - mean) / (Math.Sqrt(variance) + 0.02),
        };
    }
}

using Babel.Analysis.Selection;
using Babel.Analysis.Statistics;
using Babel.Model;

namespace Babel.Analysis.Plnd;

/// <summary>
/// Parallel Language-specific Neuron Detection (Zhao et al. 2024, arXiv 2402.18815), from stored importances and without the model: per
/// language, layer and part, the neurons that are important in every document (or in a share rho of them).
/// </summary>
/// <remarks>
/// Nothing is compared between languages; that is what <see cref="OverlapRule"/> and the comparative rule are for. Order within a set: hits
/// descending, mean importance descending, then layer, part, index.
/// </remarks>
public static class PlndSelector
{
    /// <summary>Selects.</summary>
    /// <exception cref="Errors.StoreCorruptException">The statistics lack an importance that is asked for.</exception>
    /// <exception cref="ArgumentException">Options that contradict each other or the model's sizes.</exception>
    public static LanguageNeurons Select(NeuronStats stats, PlndOptions options)
    {
        if (options.Form is not (ImportanceForms.Exact or ImportanceForms.Repo))
            throw new ArgumentException("PLND ranks one form of importance: Exact or Repo", nameof(options));
        if (options.HitRate is not (> 0 and <= 1)) throw new ArgumentException("the hit rate lies in (0, 1]", nameof(options));
        if (options.RepoKvIndex && options.Form != ImportanceForms.Repo)
            throw new ArgumentException("the released K/V index belongs to the repo form", nameof(options));
        var parts = options.Parts ?? StoredParts(stats, options.Form);
        if (parts.Count == 0)
        {
            throw new Errors.StoreCorruptException(
                "the statistics hold no importance of this form",
                expected: $"importance: {options.Form}",
                found: $"importance: {stats.Header.Options.Importance}, of Q and K: {stats.Header.Options.QkImportance}",
                hint: "take the statistics again with that form (--importance)");
        }

        var sets = stats.Languages.Select(l => new NeuronSet(
            l.Language,
            [.. parts.SelectMany(p => InPart(l, stats.Header.Shape, p, options))
                .OrderByDescending(n => n.Hits).ThenByDescending(n => n.MeanImportance).ThenBy(n => n.Id)])).ToList();
        return new LanguageNeurons(
            stats.Header.Model,
            options.Form == ImportanceForms.Exact ? "plnd.exact" : "plnd.repo",
            options.Describe(parts),
            Overlaps(sets, options));
    }

    /// <summary>
    /// The row of the stored key or value projection an index into the expanded heads belongs to: <c>(i / (G d)) d + i mod d</c>, with
    /// G = H/K query heads a key/value head.
    /// </summary>
    public static int StoredRow(ModelShape shape, int expanded)
    {
        int group = shape.Heads / shape.KvHeads;
        return (expanded / (group * shape.HeadDim) * shape.HeadDim) + (expanded % shape.HeadDim);
    }

    private static IReadOnlyList<NeuronPart> StoredParts(NeuronStats stats, ImportanceForms form)
    {
        NeuronPart[] wanted = form == ImportanceForms.Exact
            ? [NeuronPart.Down, NeuronPart.Q, NeuronPart.K, NeuronPart.V, NeuronPart.O]
            : [NeuronPart.Up, NeuronPart.Down, NeuronPart.Q, NeuronPart.K, NeuronPart.V];
        return [.. wanted.Where(p => ImportanceKey.Of(form, p) is { } key && stats.Languages.All(l => l.Importances.ContainsKey(key)))];
    }

    private static IEnumerable<ScoredNeuron> InPart(LanguageStats language, ModelShape shape, NeuronPart part, PlndOptions options)
    {
        var importance = language.ImportanceOf(options.Form, part);
        for (int layer = 0; layer < importance.Layers; layer++)
        {
            var found = options.Threshold is { } threshold
                ? AboveThreshold(language, importance, layer, threshold, options.NormaliseByLength)
                : InTop(importance, layer, options.Top(part, importance.Width), options.HitRate);
            foreach (var neuron in ToRows(found, importance, layer, part, shape, options)) yield return neuron;
        }
    }

    private static List<(int Index, int Hits)> InTop(ImportanceStats importance, int layer, int top, double hitRate)
    {
        var hits = new int[importance.Width];
        var scratch = new float[importance.Width];
        for (int d = 0; d < importance.Documents; d++) TopK.CountHits(importance.Values(layer, d), top, scratch, hits);
        int least = Math.Max(1, (int)Math.Ceiling((hitRate * importance.Documents) - 1e-9));
        return [.. Enumerable.Range(0, hits.Length).Where(k => hits[k] >= least).Select(k => (k, hits[k]))];
    }

    private static List<(int Index, int Hits)> AboveThreshold(
        LanguageStats language, ImportanceStats importance, int layer, double threshold, bool normalise)
    {
        var least = new double[importance.Width];
        var minimum = importance.Minimum.Read(layer);
        for (int k = 0; k < least.Length; k++) least[k] = minimum[k];
        if (normalise)
        {
            Array.Fill(least, double.PositiveInfinity);
            for (int d = 0; d < importance.Documents; d++)
            {
                double root = Math.Sqrt(language.Documents[d].Tokens);
                var row = importance.Values(layer, d);
                for (int k = 0; k < least.Length; k++) least[k] = Math.Min(least[k], row[k] / root);
            }
        }

        return [.. Enumerable.Range(0, least.Length).Where(k => least[k] >= threshold).Select(k => (k, importance.Documents))];
    }

    /// <summary>Entries to neurons; where several entries are one stored row, the best of them speaks for it.</summary>
    private static IEnumerable<ScoredNeuron> ToRows(
        List<(int Index, int Hits)> found, ImportanceStats importance, int layer, NeuronPart part, ModelShape shape, PlndOptions options)
    {
        bool expanded = options.Form == ImportanceForms.Repo && part is (NeuronPart.K or NeuronPart.V);
        return found
            .Select(f =>
            {
                double mean = importance.Mean(layer, f.Index);
                return new ScoredNeuron(new NeuronId(layer, part, expanded ? Row(f.Index) : f.Index), mean)
                {
                    Hits = f.Hits,
                    MinImportance = importance.Minimum.Read(layer)[f.Index],
                    MeanImportance = mean,
                };
            })
            .GroupBy(n => n.Id)
            .Select(g => g.OrderByDescending(n => n.Hits).ThenByDescending(n => n.MeanImportance).First());

        int Row(int index)
        {
            int row = options.RepoKvIndex ? index / 4 : StoredRow(shape, index);
            return row < shape.NeuronCount(NeuronPart.K)
                ? row
                : throw new ArgumentException($"the released K/V index gives row {row} of {shape.NeuronCount(NeuronPart.K)}: the model has not 4 or fewer query heads a key head");
        }
    }

    private static IReadOnlyList<NeuronSet> Overlaps(List<NeuronSet> sets, PlndOptions options)
    {
        if (options.Overlap == OverlapRule.Keep) return sets;
        HashSet<NeuronId> shared;
        if (options.Overlap == OverlapRule.MinusEnglish)
        {
            var pivot = sets.FirstOrDefault(s => s.Language == options.Pivot)
                ?? throw new ArgumentException($"there is no set of the pivot language '{options.Pivot}' to take away", nameof(options));
            shared = [.. pivot.Ids];
        }
        else
        {
            shared = sets.Count < 2 ? [] : [.. sets[0].Ids];
            foreach (var set in sets.Skip(1)) shared.IntersectWith(set.Ids);
        }

        return [.. sets.Select(s => options.Overlap == OverlapRule.MinusEnglish && s.Language == options.Pivot
            ? s
            : s with { Neurons = [.. s.Neurons.Where(n => !shared.Contains(n.Id))] })];
    }
}

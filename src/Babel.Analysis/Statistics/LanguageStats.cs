using Babel.Analysis.Errors;
using Babel.Model;

namespace Babel.Analysis.Statistics;

/// <summary>The statistics of one language.</summary>
public sealed class LanguageStats
{
    /// <summary>Puts one language's statistics together; documents in ascending order of index.</summary>
    public LanguageStats(
        string language,
        IReadOnlyList<StatsDocument> documents,
        IReadOnlyDictionary<NeuronPart, TapSums> sums,
        IReadOnlyDictionary<ImportanceKey, ImportanceStats> importance)
    {
        (Language, Documents, Sums, Importances) = (language, documents, sums, importance);
        Tokens = documents.Sum(d => (long)d.Tokens);
    }

    /// <summary>The language's code.</summary>
    public string Language { get; }

    /// <summary>The documents, by index; the order of all per-document rows.</summary>
    public IReadOnlyList<StatsDocument> Documents { get; }

    /// <summary>Token rows of all documents: the denominator of counts and sums.</summary>
    public long Tokens { get; }

    /// <summary>Counts and sums by part.</summary>
    public IReadOnlyDictionary<NeuronPart, TapSums> Sums { get; }

    /// <summary>Importances by what they are stored under.</summary>
    public IReadOnlyDictionary<ImportanceKey, ImportanceStats> Importances { get; }

    /// <summary>Counts and sums of a part.</summary>
    /// <exception cref="StoreCorruptException">They were not taken.</exception>
    public TapSums SumsOf(NeuronPart part) => Sums.GetValueOrDefault(part)
        ?? throw new StoreCorruptException(
            $"the statistics hold no counts of {part}", where: $"language {Language}", expected: part.ToString(),
            found: string.Join(", ", Sums.Keys), hint: "take them again with this part");

    /// <summary>The importance of a part, through <see cref="ImportanceKey.Of"/>.</summary>
    /// <exception cref="StoreCorruptException">It was not taken.</exception>
    public ImportanceStats ImportanceOf(ImportanceForms form, NeuronPart part) =>
        ImportanceKey.Of(form, part) is { } key && Importances.TryGetValue(key, out var stats)
            ? stats
            : throw new StoreCorruptException(
                $"the statistics hold no {form} importance of {part}", where: $"language {Language}",
                found: string.Join(", ", Importances.Keys), hint: "take them again with this importance");

    /// <summary>Merges disjoint documents of one language.</summary>
    /// <param name="parts">The statistics, of one kind.</param>
    /// <param name="room">Where the numbers of the result lie; to be reserved before <see cref="Filling.Fill"/>.</param>
    /// <param name="where">For the error.</param>
    /// <exception cref="StoreCorruptException">A document is in two of them.</exception>
    internal static Filling Merge(IReadOnlyList<LanguageStats> parts, NumberRoom room, string where)
    {
        var order = parts
            .SelectMany((p, i) => Enumerable.Range(0, p.Documents.Count).Select(d => (Part: i, Document: d)))
            .OrderBy(o => parts[o.Part].Documents[o.Document].Index)
            .ToList();
        var documents = order.ConvertAll(o => parts[o.Part].Documents[o.Document]);
        for (int d = 1; d < documents.Count; d++)
        {
            if (documents[d].Index == documents[d - 1].Index)
            {
                throw new StoreCorruptException(
                    "a document would be counted twice", where, expected: "statistics of disjoint documents",
                    found: $"language {parts[0].Language}, index {documents[d].Index} in two of them");
            }
        }

        var sums = parts[0].Sums.ToDictionary(s => s.Key, s => new TapSums(s.Value.Layers, s.Value.Width, room, ""));
        var importance = parts[0].Importances.ToDictionary(
            s => s.Key, s => new ImportanceStats(s.Value.Layers, s.Value.Width, order.Count, s.Value.KeepsDocuments, room, ""));
        return new Filling(new LanguageStats(parts[0].Language, documents, sums, importance), parts, order);
    }

    /// <summary>A merged language whose numbers are still to be entered.</summary>
    internal sealed record Filling(LanguageStats Merged, IReadOnlyList<LanguageStats> Parts, IReadOnlyList<(int Part, int Document)> Order)
    {
        /// <summary>Enters them.</summary>
        public LanguageStats Fill()
        {
            foreach (var (part, sums) in Merged.Sums)
            {
                foreach (var other in Parts) sums.Add(other.Sums[part]);
            }

            foreach (var (key, importance) in Merged.Importances) importance.Add([.. Parts.Select(p => p.Importances[key])], Order);
            return Merged;
        }
    }
}

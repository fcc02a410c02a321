using Babel.Analysis.Corpora;
using Babel.Analysis.Errors;

namespace Babel.Analysis.Statistics;

/// <summary>
/// Statistics of every FFN and attention neuron, by language and by document: a commutative monoid. Merging the statistics of disjoint
/// sets of documents gives, bit for bit, the statistics of one run over all of them, in whatever order and grouping.
/// </summary>
public sealed class NeuronStats
{
    /// <summary>Puts statistics together; languages are put in ordinal order.</summary>
    public NeuronStats(StatsHeader header, IEnumerable<LanguageStats> languages)
    {
        Header = header;
        Languages = [.. languages.OrderBy(l => l.Language, StringComparer.Ordinal)];
    }

    /// <summary>What they were taken of.</summary>
    public StatsHeader Header { get; }

    /// <summary>By language, in ordinal order of the codes.</summary>
    public IReadOnlyList<LanguageStats> Languages { get; }

    /// <summary>The fingerprint a <see cref="Corpus"/> of exactly these documents has.</summary>
    public string CorpusFingerprint => Corpus.FingerprintOf(
        Languages.SelectMany(l => l.Documents.Select(d => (l.Language, d.Index, Convert.FromHexString(d.Digest)))));

    /// <summary>The statistics of one language.</summary>
    /// <exception cref="StoreCorruptException">There are none.</exception>
    public LanguageStats Of(string language) => Languages.FirstOrDefault(l => l.Language == language)
        ?? throw new StoreCorruptException(
            "the statistics hold no such language", expected: language, found: string.Join(", ", Languages.Select(l => l.Language)));

    /// <summary>Reads a file written by <see cref="Save"/>.</summary>
    /// <param name="path">The file.</param>
    /// <param name="spoolDocuments">Whether the importance of single documents stays in a temporary file, one layer in memory.</param>
    /// <exception cref="StoreCorruptException">The file is torn, altered or of another version.</exception>
    public static NeuronStats Load(string path, bool spoolDocuments = false) => StatsStore.Load(path, spoolDocuments);

    /// <summary>Writes one safetensors file with the manifest in its metadata; the file appears whole or not at all.</summary>
    public void Save(string path) => StatsStore.Save(this, path);

    /// <summary>Merges statistics of disjoint documents.</summary>
    /// <exception cref="StoreCorruptException">They are of different models, tokenizers or options (the field is named), or share a document.</exception>
    public static NeuronStats Merge(params IReadOnlyList<NeuronStats> parts)
    {
        ArgumentOutOfRangeException.ThrowIfZero(parts.Count, nameof(parts));
        for (int i = 1; i < parts.Count; i++) parts[0].Header.RequireSame(parts[i].Header, $"merge, part {i + 1} of {parts.Count}");
        var producers = parts.SelectMany(p => p.Header.Producers).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
        return new NeuronStats(
            parts[0].Header with { Producers = [.. producers] },
            parts.SelectMany(p => p.Languages)
                .GroupBy(l => l.Language, StringComparer.Ordinal)
                .Select(g => LanguageStats.Merge([.. g], "merge")));
    }
}

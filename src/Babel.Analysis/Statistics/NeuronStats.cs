using Babel.Analysis.Corpora;
using Babel.Analysis.Errors;

namespace Babel.Analysis.Statistics;

/// <summary>
/// Statistics of every FFN and attention neuron, by language and by document: a commutative monoid. Merging the statistics of disjoint
/// sets of documents gives, bit for bit, the statistics of one run over all of them, in whatever order and grouping.
/// </summary>
/// <remarks>
/// The numbers lie in memory, or in a file that is open until this is disposed: a temporary one where a run has no room for them, the stored one after
/// <see cref="Load"/>. Of a file one layer is in memory, of documents a part of one.
/// </remarks>
public sealed class NeuronStats : IDisposable
{
    private readonly NumberRoom _room;

    /// <summary>Puts statistics in memory together; languages are put in ordinal order.</summary>
    public NeuronStats(StatsHeader header, IEnumerable<LanguageStats> languages)
        : this(header, languages, NumberRoom.InMemory())
    {
    }

    /// <summary>Puts statistics together; languages are put in ordinal order.</summary>
    /// <param name="header">What they were taken of.</param>
    /// <param name="languages">By language.</param>
    /// <param name="room">Where the numbers lie; owned from now on.</param>
    internal NeuronStats(StatsHeader header, IEnumerable<LanguageStats> languages, NumberRoom room)
    {
        (Header, _room) = (header, room);
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

    /// <summary>
    /// Opens a file written by <see cref="Save"/>. It is read once from end to end and its hash compared; numbers are read again when they are asked for, so
    /// that statistics of any size take the memory of one layer.
    /// </summary>
    /// <exception cref="StoreCorruptException">The file is torn, altered or of another version.</exception>
    public static NeuronStats Load(string path) => StatsStore.Load(path);

    /// <summary>Writes one safetensors file with the manifest in its metadata; the file appears whole or not at all.</summary>
    public void Save(string path) => StatsStore.Save(this, path);

    /// <summary>Merges statistics of disjoint documents in memory. What is in a file is copied: the parts may be disposed then.</summary>
    /// <exception cref="StoreCorruptException">They are of different models, tokenizers or options (the field is named), or share a document.</exception>
    public static NeuronStats Merge(params IReadOnlyList<NeuronStats> parts) => Merge(parts, spoolFolder: null);

    /// <summary>Merges statistics of disjoint documents, which may be disposed then.</summary>
    /// <param name="parts">The statistics.</param>
    /// <param name="spoolFolder">Where the result waits in a temporary file, one layer in memory; null for memory.</param>
    /// <exception cref="StoreCorruptException">They are of different models, tokenizers or options (the field is named), or share a document.</exception>
    /// <exception cref="IOException">The temporary file does not fit its disk.</exception>
    public static NeuronStats Merge(IReadOnlyList<NeuronStats> parts, string? spoolFolder)
    {
        ArgumentOutOfRangeException.ThrowIfZero(parts.Count, nameof(parts));
        for (int i = 1; i < parts.Count; i++) parts[0].Header.RequireSame(parts[i].Header, $"merge, part {i + 1} of {parts.Count}");
        var producers = parts.SelectMany(p => p.Header.Producers).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
        var header = parts[0].Header with { Producers = [.. producers] };
        var room = NumberRoom.In(spoolFolder);
        try
        {
            // A language of one part only is taken as it is, unless its file would be closed under it.
            bool copy = spoolFolder is not null || parts.Any(p => p._room.IsFile);
            var languages = parts.SelectMany(p => p.Languages).GroupBy(l => l.Language, StringComparer.Ordinal).Select(g => g.ToList()).ToList();
            var fillings = languages.Where(l => copy || l.Count > 1).Select(l => LanguageStats.Merge(l, room, "merge")).ToList();
            room.Reserve();
            return new NeuronStats(header, [.. fillings.Select(f => f.Fill()), .. languages.Where(l => !copy && l.Count == 1).Select(l => l[0])], room);
        }
        catch
        {
            room.Dispose();
            throw;
        }
    }

    /// <summary>Closes the file the numbers are in, where they are in one; they are gone then.</summary>
    public void Dispose() => _room.Dispose();
}

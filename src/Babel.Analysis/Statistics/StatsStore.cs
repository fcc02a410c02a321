using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Babel.Analysis.Errors;
using Babel.Kernels;
using Babel.Kernels.Errors;
using Babel.Model;
using Babel.Model.Files;

namespace Babel.Analysis.Statistics;

/// <summary>
/// Statistics as one safetensors file. Metadata: <c>babel.statistics</c> the manifest (<see cref="StatsManifest"/>), <c>babel.sha256</c> of the
/// manifest and all data in file order. Tensors, with G the language code and L layers:
/// <code>
/// G/documents/index, G/documents/tokens   I32 [documents]
/// G/documents/sha256                      U8  [documents, 32]
/// G/PART/count                            I64 [L, n]
/// G/PART/sum, .../sumAbs, .../sumSquares  I64 [L, n, 2]   low and high half of a 128-bit integer, in units of 2^-64
/// G/PART/max                              F32 [L, n]
/// G/FORM.PART/min, .../max                F32 [L, n]      importance; FORM is exact or repo
/// G/FORM.PART/sum                         I64 [L, n, 2]
/// G/FORM.PART/documents/LAYER             F32 [documents, n]
/// </code>
/// The same statistics are the same bytes.
/// </summary>
internal static class StatsStore
{
    private const string ManifestKey = "babel.statistics";
    private const string HashKey = "babel.sha256";

    private delegate Span<byte> Bytes();

    public static void Save(NeuronStats stats, string path)
    {
        var entries = stats.Languages.SelectMany(l => Entries(l, new DocumentTable(l.Documents))).ToList();
        Sort(entries);
        string manifest = StatsManifest.Write(stats);
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [ManifestKey] = manifest,
            [HashKey] = Hash(manifest, entries),
        };
        using var writer = SafetensorsWriter.Create(path, entries.ConvertAll(e => e.Header), metadata);
        foreach (var entry in entries) writer.Append(entry.Data());
        writer.Commit();
    }

    public static NeuronStats Load(string path, bool spoolDocuments)
    {
        try
        {
            using var file = SafetensorsFile.Open(path);
            if (!file.Metadata.TryGetValue(ManifestKey, out string? manifest))
                throw new StoreCorruptException("a file holds no statistics", path, $"metadata {ManifestKey}", string.Join(", ", file.Metadata.Keys));
            var (header, languages, corpus) = StatsManifest.Read(manifest, path);
            var stats = Read(file, header, languages, spoolDocuments);
            return stats.CorpusFingerprint == corpus
                ? stats
                : throw new StoreCorruptException("stored statistics do not hold the documents they name", path, corpus, stats.CorpusFingerprint);
        }
        catch (BabelException e) when (e is not StoreCorruptException)
        {
            throw new StoreCorruptException(
                "stored statistics cannot be read", path, found: e.What, hint: "delete the file; the run it belongs to takes it again", inner: e);
        }
    }

    private static NeuronStats Read(
        SafetensorsFile file, StatsHeader header, IReadOnlyList<(string Language, int Documents)> languages, bool spoolDocuments)
    {
        var all = new List<Entry>();
        var read = new List<(string Language, DocumentTable Table, Dictionary<NeuronPart, TapSums> Sums, Dictionary<ImportanceKey, ImportanceStats> Importance)>();
        foreach (var (language, documents) in languages)
        {
            var shape = header.Shape;
            var sums = header.Options.PartsOf(shape).ToDictionary(p => p, p => new TapSums(shape.Layers, shape.NeuronCount(p)));
            var importance = header.Options.Keys().ToDictionary(
                k => k, k => new ImportanceStats(shape.Layers, k.Width(shape), documents, header.Options.KeepDocuments, spoolDocuments));
            var table = new DocumentTable(documents);
            all.AddRange(Entries(new LanguageStats(language, [], sums, importance), table));
            read.Add((language, table, sums, importance));
        }

        Sort(all);
        if (file.Tensors.Count != all.Count)
            throw new StoreCorruptException("stored statistics have another number of tensors", file.Path, $"{all.Count}", $"{file.Tensors.Count}");
        foreach (var entry in all)
        {
            var found = file[entry.Header.Name];
            if (found.DType != entry.Header.DType || !found.Shape.SequenceEqual(entry.Header.Shape))
            {
                throw new StoreCorruptException(
                    "a tensor of stored statistics has another form", $"{file.Path}, {found.Name}",
                    $"{entry.Header.DType}[{string.Join(',', entry.Header.Shape)}]", found.Form);
            }

            file.Read(found, 0, entry.Data());
        }

        if (file.Metadata.GetValueOrDefault(HashKey) is var expected && Hash(file.Metadata[ManifestKey], all) is var hash && hash != expected)
            throw new StoreCorruptException("stored statistics were altered", file.Path, $"SHA-256 {expected}", hash, "delete the file; the run it belongs to takes it again");
        return new NeuronStats(header, read.Select(r => new LanguageStats(r.Language, r.Table.ToDocuments(file.Path), r.Sums, r.Importance)));
    }

    private static IEnumerable<Entry> Entries(LanguageStats language, DocumentTable table)
    {
        string at = language.Language;
        int documents = table.Index.Length;
        yield return new Entry(new TensorHeader($"{at}/documents/index", DType.I32, [documents]), () => MemoryMarshal.AsBytes(table.Index.AsSpan()));
        yield return new Entry(new TensorHeader($"{at}/documents/tokens", DType.I32, [documents]), () => MemoryMarshal.AsBytes(table.Tokens.AsSpan()));
        yield return new Entry(new TensorHeader($"{at}/documents/sha256", DType.U8, [documents, 32]), () => table.Digests);
        foreach (var (part, sums) in language.Sums)
        {
            long[] shape = [sums.Layers, sums.Width];
            yield return new Entry(new TensorHeader($"{at}/{part}/count", DType.I64, shape), () => MemoryMarshal.AsBytes(sums.Count.AsSpan()));
            yield return Fixed($"{at}/{part}/sum", shape, sums.Sum);
            yield return Fixed($"{at}/{part}/sumAbs", shape, sums.SumAbs);
            yield return Fixed($"{at}/{part}/sumSquares", shape, sums.SumSquares);
            yield return Floats($"{at}/{part}/max", shape, sums.Max);
        }

        foreach (var (key, stats) in language.Importances)
        {
            long[] shape = [stats.Layers, stats.Width];
            yield return Floats($"{at}/{key}/min", shape, stats.Minimum);
            yield return Floats($"{at}/{key}/max", shape, stats.Maximum);
            yield return Fixed($"{at}/{key}/sum", shape, stats.Sum);
            for (int layer = 0; layer < stats.Layers && stats.KeepsDocuments; layer++)
                {
                int held = layer;
                yield return new Entry(
                    new TensorHeader($"{language.Language}/{key}/documents/{layer:D3}", DType.F32, [documents, stats.Width]), () => MemoryMarshal.AsBytes(stats.Buffer(held)));
            }
        }
    }

    private static Entry Floats(string name, long[] shape, float[] values) =>
        new(new TensorHeader(name, DType.F32, shape), () => MemoryMarshal.AsBytes(values.AsSpan()));

    private static Entry Fixed(string name, long[] shape, Int128[] values) =>
        new(new TensorHeader(name, DType.I64, [.. shape, 2]), () => MemoryMarshal.AsBytes(values.AsSpan()));

    /// <summary>Larger elements first, then by name: every tensor is aligned and the order is fixed.</summary>
    private static void Sort(List<Entry> entries) => entries.Sort((a, b) =>
        b.Header.DType.Size() != a.Header.DType.Size()
            ? b.Header.DType.Size().CompareTo(a.Header.DType.Size())
            : string.CompareOrdinal(a.Header.Name, b.Header.Name));

    private static string Hash(string manifest, List<Entry> entries)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(manifest));
        foreach (var entry in entries) hash.AppendData(entry.Data());
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private readonly record struct Entry(TensorHeader Header, Bytes Data);
}

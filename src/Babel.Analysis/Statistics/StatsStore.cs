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

    private const int Block = 1 << 20;

    private delegate ReadOnlySpan<byte> PageBytes(int page);

    /// <summary>The tensor of one layer's documents.</summary>
    public static string LayerName(string name, int layer) => $"{name}/{layer:D3}";

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
        foreach (var entry in entries)
        {
            for (int page = 0; page < entry.Pages; page++) writer.Append(entry.Data(page));
        }

        writer.Commit();
    }

    /// <summary>Opens a file and proves all of it; what it returns owns the file.</summary>
    public static NeuronStats Load(string path)
    {
        NumberRoom? room = null;
        bool opened = false;
        try
        {
            // Read, not mapped: pages of a mapped file count as the process' memory.
            var file = SafetensorsFile.Open(path, FileReading.Positioned);
            room = NumberRoom.Of(file);
            if (!file.Metadata.TryGetValue(ManifestKey, out string? manifest))
                throw new StoreCorruptException("a file holds no statistics", path, $"metadata {ManifestKey}", string.Join(", ", file.Metadata.Keys));
            var (header, languages, corpus) = StatsManifest.Read(manifest, path);
            var stats = Open(file, room, header, languages);
            if (stats.CorpusFingerprint != corpus)
                throw new StoreCorruptException("stored statistics do not hold the documents they name", path, corpus, stats.CorpusFingerprint);
            opened = true;
            return stats;
        }
        catch (BabelException e) when (e is not StoreCorruptException)
        {
            throw new StoreCorruptException(
                "stored statistics cannot be read", path, found: e.What, hint: "delete the file; the run it belongs to takes it again", inner: e);
        }
        finally
        {
            if (!opened) room?.Dispose();
        }
    }

    private static NeuronStats Open(SafetensorsFile file, NumberRoom room, StatsHeader header, IReadOnlyList<(string Language, int Documents)> languages)
    {
        var (shape, options) = (header.Shape, header.Options);
        var all = new List<Entry>();
        var found = new List<(LanguageStats Language, DocumentTable Table)>();
        foreach (var (at, documents) in languages)
        {
            var language = new LanguageStats(
                at,
                [],
                options.PartsOf(shape).ToDictionary(p => p, p => new TapSums(shape.Layers, shape.NeuronCount(p), room, $"{at}/{p}")),
                options.Keys().ToDictionary(
                    k => k, k => new ImportanceStats(shape.Layers, k.Width(shape), documents, options.KeepDocuments, room, $"{at}/{k}")));
            var table = new DocumentTable(documents);
            all.AddRange(Entries(language, table));
            found.Add((language, table));
        }

        Sort(all);
        RequireForms(file, all);
        string hash = Hash(file, all);
        if (file.Metadata.GetValueOrDefault(HashKey) is var expected && hash != expected)
            throw new StoreCorruptException("stored statistics were altered", file.Path, $"SHA-256 {expected}", hash, "delete the file; the run it belongs to takes it again");
        return new NeuronStats(
            header,
            found.Select(f =>
            {
                Fill(file, $"{f.Language.Language}/documents", f.Table);
                return new LanguageStats(f.Language.Language, f.Table.ToDocuments(file.Path), f.Language.Sums, f.Language.Importances);
            }),
            room);
    }

    private static void RequireForms(SafetensorsFile file, List<Entry> entries)
    {
        if (file.Tensors.Count != entries.Count)
            throw new StoreCorruptException("stored statistics have another number of tensors", file.Path, $"{entries.Count}", $"{file.Tensors.Count}");
        foreach (var (expected, _, _) in entries)
        {
            var found = file[expected.Name];
            if (found.DType == expected.DType && found.Shape.SequenceEqual(expected.Shape)) continue;
            throw new StoreCorruptException(
                "a tensor of stored statistics has another form", $"{file.Path}, {found.Name}",
                $"{expected.DType}[{string.Join(',', expected.Shape)}]", found.Form);
        }
    }

    private static void Fill(SafetensorsFile file, string at, DocumentTable table)
    {
        file.Read(file[$"{at}/index"], 0, MemoryMarshal.AsBytes(table.Index.AsSpan()));
        file.Read(file[$"{at}/tokens"], 0, MemoryMarshal.AsBytes(table.Tokens.AsSpan()));
        file.Read(file[$"{at}/sha256"], 0, table.Digests);
    }

    private static IEnumerable<Entry> Entries(LanguageStats language, DocumentTable table)
    {
        string at = language.Language;
        int documents = table.Index.Length;
        yield return new Entry(new TensorHeader($"{at}/documents/index", DType.I32, [documents]), 1, _ => MemoryMarshal.AsBytes(table.Index.AsSpan()));
        yield return new Entry(new TensorHeader($"{at}/documents/tokens", DType.I32, [documents]), 1, _ => MemoryMarshal.AsBytes(table.Tokens.AsSpan()));
        yield return new Entry(new TensorHeader($"{at}/documents/sha256", DType.U8, [documents, 32]), 1, _ => table.Digests);
        foreach (var (part, sums) in language.Sums)
        {
            yield return Of($"{at}/{part}/count", DType.I64, sums.Count);
            yield return Of($"{at}/{part}/sum", DType.I64, sums.Sum, 2);
            yield return Of($"{at}/{part}/sumAbs", DType.I64, sums.SumAbs, 2);
            yield return Of($"{at}/{part}/sumSquares", DType.I64, sums.SumSquares, 2);
            yield return Of($"{at}/{part}/max", DType.F32, sums.Max);
        }

        foreach (var (key, stats) in language.Importances)
        {
            yield return Of($"{at}/{key}/min", DType.F32, stats.Minimum);
            yield return Of($"{at}/{key}/max", DType.F32, stats.Maximum);
            yield return Of($"{at}/{key}/sum", DType.I64, stats.Sum, 2);
            if (stats.Rows is not { } rows) continue;
            for (int layer = 0; layer < stats.Layers; layer++)
            {
                int held = layer;
                yield return new Entry(
                    new TensorHeader(LayerName($"{at}/{key}/documents", layer), DType.F32, [documents, stats.Width]),
                    rows.PagesPerLayer,
                    page => rows.Bytes(held, page));
            }
        }
    }

    /// <summary>Numbers with a page a layer, as [L, n] or [L, n, 2].</summary>
    private static Entry Of<T>(string name, DType dtype, LayerNumbers<T> numbers, params ReadOnlySpan<long> inner)
        where T : unmanaged =>
        new(new TensorHeader(name, dtype, [numbers.Layers, numbers.Length, .. inner]), numbers.Layers, layer => numbers.Bytes(layer, 0));

    /// <summary>Larger elements first, then by name: every tensor is aligned and the order is fixed.</summary>
    private static void Sort(List<Entry> entries) => entries.Sort((a, b) =>
        b.Header.DType.Size() != a.Header.DType.Size()
            ? b.Header.DType.Size().CompareTo(a.Header.DType.Size())
            : string.CompareOrdinal(a.Header.Name, b.Header.Name));

    private static string Hash(string manifest, List<Entry> entries)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(manifest));
        foreach (var entry in entries)
        {
            for (int page = 0; page < entry.Pages; page++) hash.AppendData(entry.Data(page));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>The same of what a file holds, read from end to end.</summary>
    private static string Hash(SafetensorsFile file, List<Entry> entries)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(file.Metadata[ManifestKey]));
        byte[] block = new byte[Block];
        foreach (var tensor in entries.Select(e => file[e.Header.Name]))
        {
            for (long at = 0; at < tensor.Bytes; at += Block)
            {
                var bytes = block.AsSpan(0, (int)Math.Min(Block, tensor.Bytes - at));
                file.Read(tensor, at, bytes);
                hash.AppendData(bytes);
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>A tensor and its data, in pieces.</summary>
    private readonly record struct Entry(TensorHeader Header, int Pages, PageBytes Data);
}

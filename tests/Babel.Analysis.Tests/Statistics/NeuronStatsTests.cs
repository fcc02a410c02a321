using System.Security.Cryptography;
using System.Text;
using Babel.Analysis.Errors;
using Babel.Analysis.Plnd;
using Babel.Analysis.Statistics;
using Babel.Kernels;
using Babel.Model;
using Babel.Model.Files;
using Xunit;

namespace Babel.Analysis.Tests.Statistics;

public sealed class NeuronStatsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Merge_AnyOrderAndGrouping_SameBytesAsOneRun()
    {
        var whole = NeuronStats.Merge(SyntheticStats.Of("de", 0, 1, 2, 5, 9), SyntheticStats.Of("fi", 3, 4));
        NeuronStats[] shards =
            [SyntheticStats.Of("de", 2, 9), SyntheticStats.Of("fi", 4), SyntheticStats.Of("de", 0), SyntheticStats.Of("de", 1, 5), SyntheticStats.Of("fi", 3)];
        byte[] expected = Bytes(whole);
        Assert.Equal(expected, Bytes(NeuronStats.Merge(shards)));
        Assert.Equal(expected, Bytes(NeuronStats.Merge([.. shards.Reverse()])));
        Assert.Equal(expected, Bytes(NeuronStats.Merge(NeuronStats.Merge(shards[0], shards[1]), NeuronStats.Merge(shards[4], shards[3]), shards[2])));
        Assert.Equal(expected, Bytes(NeuronStats.Merge(NeuronStats.Load(Saved(shards[2])), NeuronStats.Merge(shards[0], shards[3]), shards[1], shards[4])));
    }

    [Fact]
    public void Load_AfterSave_IsTheSame()
    {
        var stats = NeuronStats.Merge(SyntheticStats.Of("de", 0, 7), SyntheticStats.Of("zh-Hans", 1));
        var loaded = NeuronStats.Load(Saved(stats));
        Assert.Equal(Bytes(stats), Bytes(loaded));
        Assert.Equal(stats.CorpusFingerprint, loaded.CorpusFingerprint);
        Assert.Equal(stats.Of("de").Tokens, loaded.Of("de").Tokens);
        Assert.Equal(stats.Header.Identity(), loaded.Header.Identity());
    }

    [Fact]
    public void Load_OfOneLayer_ReadsItsDocuments()
    {
        var stats = SyntheticStats.Of(SyntheticStats.Header() with { Shape = SyntheticStats.Shape with { Layers = 1 } }, "de", 0, 1);
        using var loaded = NeuronStats.Load(Saved(stats));
        Assert.All(stats.Of("de").Importances, i => Assert.Equal(i.Value.Values(0, 1), loaded.Of("de").Importances[i.Key].Values(0, 1)));
    }

    [Fact]
    public void Load_OfLargeStatistics_TakesLittleMemory()
    {
        var shape = new ModelShape(Layers: 24, FfnWidth: 1024, Heads: 4, KvHeads: 4, HeadDim: 16, GatedFfn: true);
        var options = new StatisticsOptions { Parts = [NeuronPart.Gate, NeuronPart.Down] };
        var languages = new[] { "de", "fi" }.Select(language =>
        {
            var importance = options.Keys().ToDictionary(k => k, k => new ImportanceStats(shape.Layers, k.Width(shape), 200, keepDocuments: true));
            foreach (var stats in importance.Values)
            {
                for (int i = 0; i < shape.Layers * 200; i++)
                    stats.Set(i / 200, i % 200, [.. Enumerable.Range(0, stats.Width).Select(k => ((k * 7919) + (i * 31)) % 1009 * (language[0] == 'd' ? 1f : 2f))]);
            }

            return new LanguageStats(
                language,
                [.. Enumerable.Range(0, 200).Select(d => new StatsDocument(d, 10, Convert.ToHexStringLower(SHA256.HashData([(byte)d, (byte)language[0]]))))],
                options.PartsOf(shape).ToDictionary(p => p, p => new TapSums(shape.Layers, shape.NeuronCount(p))),
                importance);
        });
        var plnd = new PlndOptions { Form = ImportanceForms.Exact, Parts = [NeuronPart.Down], TopFfn = 400, HitRate = 0.9 };
        var made = new NeuronStats(SyntheticStats.Header(options) with { Shape = shape }, languages);
        string path = Saved(made);
        long size = new FileInfo(path).Length;
        Assert.InRange(size, 40_000_000, 80_000_000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        using var loaded = NeuronStats.Load(path);
        var found = PlndSelector.Select(loaded, plnd);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 1, size / 3);
        Assert.Equal(PlndSelector.Select(made, plnd).Sets.SelectMany(s => s.Ids), found.Sets.SelectMany(s => s.Ids));
    }

    [Fact]
    public void Importance_OfMoreNumbersThanAnArrayHolds_IsKept()
    {
        int width = 11_008, documents = 195_100;
        Assert.True((long)width * documents > Array.MaxLength);
        var stats = new ImportanceStats(1, width, documents, keepDocuments: true);
        float[] row = [.. Enumerable.Range(0, width).Select(k => (float)k)];
        stats.Set(0, documents - 1, row);
        Assert.Equal(row, stats.Values(0, documents - 1));
        var shape = new ModelShape(32, width, 32, 32, 128, GatedFfn: true);
        int most = StatisticsUnits.MostDocuments(shape, new StatisticsOptions());
        Assert.InRange((long)width * most, Array.MaxLength - width, Array.MaxLength);
        Assert.Equal([0..most, most..documents], StatisticsUnits.Cut([.. Enumerable.Repeat(1, documents)], long.MaxValue, most));
        Assert.Equal([0..2, 2..3, 3..5], StatisticsUnits.Cut([3, 4, 9, 1, 6], 7, 2));
    }

    [Fact]
    public void Save_WithoutDocuments_KeepsSummaries()
    {
        var header = SyntheticStats.Header(new StatisticsOptions { KeepDocuments = false, Parts = [NeuronPart.Gate] });
        var stats = SyntheticStats.Of(header, "de", 0, 1);
        var loaded = NeuronStats.Load(Saved(stats)).Of("de").ImportanceOf(ImportanceForms.Exact, NeuronPart.Up);
        Assert.False(loaded.KeepsDocuments);
        Assert.Equal(stats.Of("de").ImportanceOf(ImportanceForms.Exact, NeuronPart.Gate).Minimum.ToArray(), loaded.Minimum.ToArray());
        Assert.Throws<InvalidOperationException>(() => { _ = loaded.Values(0, 0); });
    }

    public static TheoryData<string, Func<StatsHeader, StatsHeader>> Differences => new()
    {
        { "model", h => h with { Model = "other" } },
        { "tokenizer", h => h with { Tokenizer = "other" } },
        { "context", h => h with { Context = 64 } },
        { "precision", h => h with { Precision = Precision.Fast } },
        { "shape", h => h with { Shape = h.Shape with { Heads = 2 } } },
        { "importance", h => h with { Options = h.Options with { Importance = ImportanceForms.Exact } } },
        { "qkImportance", h => h with { Options = h.Options with { QkImportance = ImportanceForms.None } } },
        { "keepDocuments", h => h with { Options = h.Options with { KeepDocuments = false } } },
        { "parts", h => h with { Options = h.Options with { Parts = [NeuronPart.Gate] } } },
    };

    [Theory]
    [MemberData(nameof(Differences))]
    public void Merge_OfDifferentThings_NamesTheField(string field, Func<StatsHeader, StatsHeader> change)
    {
        var a = SyntheticStats.Of("de", 0);
        var b = SyntheticStats.Of(change(SyntheticStats.Header()), "de", 1);
        var error = Assert.Throws<StoreCorruptException>(() => NeuronStats.Merge(a, b));
        Assert.EndsWith($"another {field}", error.What, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_ManifestWithoutPrecision_IsExact()
    {
        string path = Saved(SyntheticStats.Of(SyntheticStats.Header() with { Precision = Precision.Fast }, "de", 0));
        Assert.Equal(Precision.Fast, NeuronStats.Load(path).Header.Precision);
        Assert.Equal(Precision.Exact, NeuronStats.Load(WithManifest(path, m => m.Replace("\"precision\":\"fast\",", "", StringComparison.Ordinal))).Header.Precision);
        string strange = WithManifest(path, m => m.Replace("fast", "double", StringComparison.Ordinal));
        Assert.Equal("double", Assert.Throws<StoreCorruptException>(() => NeuronStats.Load(strange)).Found);
    }

    [Fact]
    public void Merge_DocumentTwice_IsRefused()
    {
        var error = Assert.Throws<StoreCorruptException>(() => NeuronStats.Merge(SyntheticStats.Of("de", 0, 4), SyntheticStats.Of("de", 4, 5)));
        Assert.Contains("language de, index 4", error.Found, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_AnyFlippedByte_IsRefused()
    {
        string path = Saved(SyntheticStats.Of(SyntheticStats.Header(new StatisticsOptions { Parts = [NeuronPart.K] }), "de", 0));
        byte[] bytes = File.ReadAllBytes(path);
        for (int at = 0; at < bytes.Length; at += 1 + (bytes.Length / 400))
        {
            byte[] altered = [.. bytes];
            altered[at] ^= 0x10;
            string other = _folder.File("altered.safetensors", altered);
            Assert.Throws<StoreCorruptException>(() => NeuronStats.Load(other));
        }

        for (int length = 0; length < bytes.Length; length += 1 + (bytes.Length / 50))
        {
            string torn = _folder.File("torn.safetensors", bytes[..length]);
            Assert.Throws<StoreCorruptException>(() => NeuronStats.Load(torn));
        }
    }

    // The same statistics under another manifest, with the hash that belongs to it.
    private string WithManifest(string path, Func<string, string> change)
    {
        using var file = SafetensorsFile.Open(path);
        string manifest = change(file.Metadata["babel.statistics"]);
        var tensors = new List<NamedTensor>();
        foreach (var tensor in file.Tensors.OrderBy(t => t.Begin))
        {
            byte[] data = new byte[tensor.Bytes];
            file.Read(tensor, 0, data);
            tensors.Add(new NamedTensor(tensor.Name, tensor.DType, tensor.Shape, data));
        }

        byte[] hash = SHA256.HashData([.. Encoding.UTF8.GetBytes(manifest), .. tensors.SelectMany(t => t.Data.ToArray())]);
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["babel.statistics"] = manifest,
            ["babel.sha256"] = Convert.ToHexStringLower(hash),
        };
        string changed = _folder.File($"{Guid.NewGuid():N}.safetensors");
        SafetensorsWriter.Write(changed, tensors, metadata);
        return changed;
    }

    private byte[] Bytes(NeuronStats stats) => File.ReadAllBytes(Saved(stats));

    private string Saved(NeuronStats stats)
    {
        string path = _folder.File($"{Guid.NewGuid():N}.safetensors");
        stats.Save(path);
        return path;
    }
}

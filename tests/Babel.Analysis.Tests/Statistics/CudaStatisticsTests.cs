using Babel.Analysis.Corpora;
using Babel.Analysis.Statistics;
using Babel.Kernels;
using Babel.Model;
using Babel.Testing.Cuda;
using Xunit;

namespace Babel.Analysis.Tests.Statistics;

/// <summary>A whole pass of statistics on an emulated GPU: near the reference, and the same bytes however it is batched.</summary>
public sealed class CudaStatisticsTests : IDisposable
{
    private static readonly StatisticsOptions Everything = new() { Importance = ImportanceForms.Both, QkImportance = ImportanceForms.Both };
    private readonly TemporaryFolder _folder = new();

    public CudaStatisticsTests() => TinyLlama.Write(_folder.File("model"));

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public void Collect_EmulatedGpu_IsNearTheReference()
    {
        using Device gpu = EmulatedDriver.OpenDevice(), reference = DeviceRegistry.Default.Open("ref");
        NeuronStats found = Collect(gpu, 100), truth = Collect(reference, 100);
        foreach (var language in truth.Languages)
        {
            var other = found.Of(language.Language);
            Assert.Equal(language.Tokens, other.Tokens);
            foreach (var (key, importance) in language.Importances)
            {
                for (int layer = 0; layer < importance.Layers; layer++)
                {
                    for (int i = 0; i < importance.Width; i++)
                    {
                        double expected = importance.Mean(layer, i);
                        Assert.InRange(other.Importances[key].Mean(layer, i), expected * (1 - 1e-4), expected * (1 + 1e-4));
                    }
                }
            }
        }
    }

    [SkippableFact]
    public void Collect_EmulatedGpuInAnyBatch_SameBytes()
    {
        using var gpu = EmulatedDriver.OpenDevice();
        Assert.Equal(Bytes(Collect(gpu, 100)), Bytes(Collect(gpu, 17)));
    }

    [SkippableFact]
    public void Collect_DeviceBehind_WaitsOnceABatch()
    {
        using var driver = new EmulatedDriver();
        using var gpu = driver.Open();
        byte[] expected = Bytes(Collect(gpu, 20));
        using var model = LanguageModel.Load(_folder.File("model"), gpu);
        var corpus = TinyLlama.Corpus(documents: 4);

        // One pass without the importance's second form; blocks of documents are read language by language.
        int batches = corpus.Documents.GroupBy(d => d.Document.Language).Sum(g => Batching.ByLength([.. g], 20).Count());
        foreach (int passes in (int[])[1, 2])
        {
            var options = passes == 2 ? Everything : Everything with { QkImportance = ImportanceForms.Exact };
            driver.StayBehind();
            var stats = StatisticsRun.Collect(model, corpus, "tokenizer", TinyLlama.Context, options, new StatisticsRunOptions { BatchTokens = 20 });

            // Besides, the write norms of the layers of every language.
            Assert.InRange(driver.Waits, batches * passes, (batches * passes) + (3 * 2 * TinyLlama.Layers));
            if (passes == 2) Assert.Equal(expected, Bytes(stats));
        }
    }

    [SkippableFact]
    public void Collect_DeviceLostMidway_GoesOnInASecondRun()
    {
        const int IllegalAddress = 700;
        using var driver = new EmulatedDriver(capability: 70);
        byte[] expected;
        long calls;
        using (var gpu = driver.Open())
        {
            driver.FailAt(long.MaxValue, IllegalAddress);
            expected = Bytes(Collect(gpu, 100));
            calls = driver.Calls;
        }

        var run = new StatisticsRunOptions { BatchTokens = 100, BlockDocuments = 2, Folder = _folder.File("run") };
        using (var gpu = driver.Open())
        {
            driver.FailAt(calls * 2 / 3, IllegalAddress);
            var error = Assert.Throws<Kernels.Errors.DeviceLostException>(() => Collect(gpu, run));
            Assert.Contains("start the same command again", error.Hint, StringComparison.Ordinal);
        }

        Assert.NotEmpty(Directory.GetFiles(_folder.File("run"), "*", SearchOption.AllDirectories));
        driver.Reset(capability: 70);
        using var again = driver.Open();
        Assert.Equal(expected, Bytes(Collect(again, run)));
    }

    private NeuronStats Collect(Device device, int tokens) => Collect(device, new StatisticsRunOptions { BatchTokens = tokens });

    private NeuronStats Collect(Device device, StatisticsRunOptions run)
    {
        using var model = LanguageModel.Load(_folder.File("model"), device);
        return StatisticsRun.Collect(model, TinyLlama.Corpus(documents: 4), "tokenizer", TinyLlama.Context, Everything, run);
    }

    private byte[] Bytes(NeuronStats stats)
    {
        string path = _folder.File($"{Guid.NewGuid():N}.safetensors");
        stats.Save(path);
        return File.ReadAllBytes(path);
    }
}

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

    private NeuronStats Collect(Device device, int tokens)
    {
        using var model = LanguageModel.Load(_folder.File("model"), device);
        var run = new StatisticsRunOptions { BatchTokens = tokens };
        return StatisticsRun.Collect(model, TinyLlama.Corpus(documents: 4), "tokenizer", TinyLlama.Context, Everything, run);
    }

    private byte[] Bytes(NeuronStats stats)
    {
        string path = _folder.File($"{Guid.NewGuid():N}.safetensors");
        stats.Save(path);
        return File.ReadAllBytes(path);
    }
}

using Babel.Analysis.Corpora;
using Babel.Analysis.Statistics;
using Babel.Kernels;
using Babel.Model;
using Babel.Model.RandomModels;
using Xunit;

namespace Babel.Analysis.Tests.Statistics;

/// <summary>Garbage of a statistics pass, once its buffers have grown. Runs alone: what is counted is the garbage of the whole process.</summary>
[CollectionDefinition(nameof(StatisticsAllocationTests), DisableParallelization = true)]
[Collection(nameof(StatisticsAllocationTests))]
public sealed class StatisticsAllocationTests : IDisposable
{
    private const int Runs = 20;

    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData(ImportanceForms.None)]
    [InlineData(ImportanceForms.Exact)]
    public void Run_InSteadyState_AllocatesNothingByTheLayer(ImportanceForms qk) => Assert.Equal(Garbage(layers: 2, qk), Garbage(layers: 7, qk));

    /// <inheritdoc/>
    public void Dispose() => _folder.Dispose();

    /// <summary>What one batch in the middle of a corpus allocates: the least of many, since the test runner makes some garbage of its own.</summary>
    private long Garbage(int layers, ImportanceForms qk)
    {
        string folder = _folder.File($"m{layers}");
        RandomModel.Write(
            folder, new RandomModelShape { ModelWidth = 32, Layers = layers, Heads = 4, KvHeads = 2, FfnWidth = 128, Vocabulary = 64, MaxPositions = 256 });
        using var device = DeviceRegistry.Default.Open("cpu", new DeviceOptions(2));
        using var model = LanguageModel.Load(folder, device);
        var documents = Enumerable.Range(0, 4)
            .Select(i => new TokenizedDocument(new Document($"l{i / 2}", i, ""), [[.. Enumerable.Range(0, 30 + i).Select(t => t * 7 % 64)]]))
            .ToList();
        var collector = new StatisticsCollector(model, new StatisticsOptions { QkImportance = qk }, documents);
        BatchWindow[] windows = [.. documents.Take(3).Select(d => new BatchWindow(d, 0))];
        for (int i = 0; i < Runs; i++) collector.Run([windows]);
        return Enumerable.Range(0, Runs).Min(_ =>
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            collector.Run([windows]);
            return GC.GetTotalAllocatedBytes(precise: true) - before;
        });
    }
}

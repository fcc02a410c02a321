using Babel.Kernels;
using Babel.Model.RandomModels;
using Babel.Testing;
using Xunit;

namespace Babel.Model.Tests.Decoding;

/// <summary>Garbage of a forward pass, once its buffers have grown. Runs alone: what is counted is the garbage of the whole process.</summary>
[CollectionDefinition(nameof(AllocationTests), DisableParallelization = true)]
[Collection(nameof(AllocationTests))]
public sealed class AllocationTests : IDisposable
{
    /// <summary>The record of the run, the result and the header of its array: nothing that grows with layers or tokens.</summary>
    private const long RunRecords = 512;
    private const int Runs = 20;

    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("llama", 2, false)]
    [InlineData("llama", 6, false)]
    [InlineData("llama", 6, true)]
    [InlineData("gpt2", 6, false)]
    [InlineData("bloom", 6, true)]
    public void Run_InSteadyState_AllocatesTheResultAlone(string family, int layers, bool ablated)
    {
        var shape = new RandomModelShape
        {
            Family = family, ModelWidth = 32, Layers = layers, Heads = 4, KvHeads = family == "llama" ? 2 : 4, FfnWidth = 128, Vocabulary = 64, MaxPositions = 256,
        };
        RandomModel.Write(_folder.File("m"), shape);
        using var device = DeviceRegistry.Default.Open("cpu", new DeviceOptions(2));
        using var model = LanguageModel.Load(_folder.File("m"), device);
        using var batch = Batch.Pack(model, [Ids(150), Ids(70), Ids(7)]);
        var plan = new ProbePlan { Ablation = ablated ? NeuronMask.Off(model.Spec, [new NeuronId(1, NeuronPart.Down, 3)]) : null };
        for (int i = 0; i < Runs; i++) model.Run(batch, ForwardOutput.LogProbs, plan);

        // The least of many: the test runner makes some garbage of its own.
        long each = Enumerable.Range(0, Runs).Min(_ =>
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            model.Run(batch, ForwardOutput.LogProbs, plan);
            return GC.GetTotalAllocatedBytes(precise: true) - before;
        });
        Assert.InRange(each, 1, (batch.Tokens * sizeof(float)) + RunRecords);
    }

    /// <inheritdoc/>
    public void Dispose() => _folder.Dispose();

    private static int[] Ids(int count) => [.. Enumerable.Range(0, count).Select(i => i * 7 % 64)];
}

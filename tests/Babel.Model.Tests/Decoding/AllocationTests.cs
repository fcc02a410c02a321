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

    [Theory]
    [InlineData("llama", 2, 1, 0)]
    [InlineData("llama", 6, 1, 0)]
    [InlineData("llama", 6, 3, 0)]
    [InlineData("llama", 6, 1, 1)]
    [InlineData("gpt2", 6, 2, 0)]
    [InlineData("bloom", 6, 1, 0)]
    public void Generate_InSteadyState_AllocatesNothingThatGrows(string family, int layers, int prompts, float temperature)
    {
        var shape = new RandomModelShape
        {
            Family = family, ModelWidth = 32, Layers = layers, Heads = 4, KvHeads = family == "llama" ? 2 : 4, FfnWidth = 128, Vocabulary = 600, MaxPositions = 256,
        };
        RandomModel.Write(_folder.File("m"), shape);
        using var device = DeviceRegistry.Default.Open("cpu", new DeviceOptions(2));
        using var model = LanguageModel.Load(_folder.File("m"), device);
        var garbage = new List<long>(1000);
        long before = 0;
        new TextGenerator(model).Generate(
            [.. Enumerable.Range(0, prompts).Select(p => Ids(7 + p))],
            new GenerationOptions { MaxNewTokens = 60, Temperature = temperature },
            onToken: (prompt, _) =>
            {
                if (prompt != prompts - 1) return;
                garbage.Add(GC.GetTotalAllocatedBytes(precise: true) - before);
                before = GC.GetTotalAllocatedBytes(precise: true);
            });

        // Where the sequences lie, and the record of the run: the logits alone are 2400 bytes. The least of the later half: the test runner makes some garbage of its own.
        Assert.InRange(garbage.Skip(30).Min(), 1, RunRecords);
    }

    /// <inheritdoc/>
    public void Dispose() => _folder.Dispose();

    private static int[] Ids(int count) => [.. Enumerable.Range(0, count).Select(i => i * 7 % 64)];
}

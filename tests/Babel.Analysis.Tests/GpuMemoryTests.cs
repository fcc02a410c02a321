using Babel.Analysis.Corpora;
using Babel.Analysis.Planning;
using Babel.Analysis.Scoring;
using Babel.Analysis.Statistics;
using Babel.Kernels;
using Babel.Model;
using Babel.Model.RandomModels;
using Babel.Testing.Cuda;
using Xunit;

namespace Babel.Analysis.Tests;

/// <summary>Devices with memory of their own: what is planned is what is used, and a batch that does not fit is halved without a bit of difference.</summary>
public sealed class GpuMemoryTests : IDisposable
{
    private const string OpenCl = "opencl:0";
    private const string Emulated = "emulated";
    private static readonly StatisticsOptions Everything = new() { Importance = ImportanceForms.Both, QkImportance = ImportanceForms.Both };
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableTheory]
    [InlineData(OpenCl, DType.F32, "everything")]
    [InlineData(OpenCl, DType.BF16, "taps")]
    [InlineData(OpenCl, DType.F32, "scores")]
    [InlineData(Emulated, DType.F32, "everything")]
    [InlineData(Emulated, DType.BF16, "scores")]
    public void Plan_OfADevice_IsWhatItUses(string name, DType weights, string task)
    {
        // What weights pass through on their way to panels, whole or in part.
        const double Staging = 2 << 20;

        // Wide enough that what the plan leaves out (norms, tables of angles) hardly counts.
        var shape = new RandomModelShape { ModelWidth = 192, Layers = 2, Heads = 4, KvHeads = 2, FfnWidth = 512, Vocabulary = 700, Weights = weights };
        string folder = _folder.File("model");
        RandomModel.Write(folder, shape);
        var corpus = TinyLlama.Corpus(documents: 2, vocabulary: 700);
        var statistics = task switch
        {
            "everything" => Everything,
            "taps" => new StatisticsOptions { QkImportance = ImportanceForms.None },
            _ => null,
        };
        using var device = Open(name);
        var work = new Workload { BatchTokens = 64, Statistics = statistics, ScorePasses = statistics is null ? 1 : 0 }
            .With(statistics is null ? null : corpus, statistics is null ? corpus : null);
        var plan = RunPlan.Of(ModelFootprint.Read(folder, device), device, work, budget: 1L << 40);
        using var model = LanguageModel.Load(folder, device);
        if (statistics is null) Scores(model, corpus, 64);
        else StatisticsRun.Collect(model, corpus, "tokenizer", TinyLlama.Context, statistics, new StatisticsRunOptions { BatchTokens = 64 });
        double planned = plan.ActivationBytes + plan.Model.ResidentBytes;
        Assert.InRange((double)device.MostBytes!.Value, 0.9 * (planned - (name == OpenCl ? Staging : 0)), 1.03 * planned);
    }

    [SkippableTheory]
    [InlineData(OpenCl, true)]
    [InlineData(Emulated, false)]
    public void Batches_WithoutRoom_AreHalvedAndGiveTheSameBits(string name, bool byBudget)
    {
        string folder = _folder.File("model");
        TinyLlama.Write(folder);
        var corpus = TinyLlama.Corpus(documents: 3);
        var (whole, scores, most) = Work(Open(name), folder, corpus, 120);
        var (_, _, least) = Work(Open(name), folder, corpus, 17);
        Assert.True(least < most);

        // Room for one and not for the other.
        long room = (least + most) / 2;
        var (halved, halvedScores, used) = Work(byBudget ? Open(name, room) : new EmulatedDriver(memory: room).Open(), folder, corpus, 120);
        Assert.Equal(whole, halved);
        Assert.Equal(scores, halvedScores);
        Assert.InRange(used, 1, room);
    }

    private (byte[] Statistics, double[] Scores, long Most) Work(Device device, string folder, TokenizedCorpus corpus, int batchTokens)
    {
        using (device)
        {
            using var model = LanguageModel.Load(folder, device);
            var stats = StatisticsRun.Collect(model, corpus, "tokenizer", TinyLlama.Context, Everything, new StatisticsRunOptions { BatchTokens = batchTokens });
            string path = _folder.File($"{Guid.NewGuid():N}.safetensors");
            stats.Save(path);
            return (File.ReadAllBytes(path), Scores(model, corpus, batchTokens), device.MostBytes!.Value);
        }
    }

    private static double[] Scores(LanguageModel model, TokenizedCorpus corpus, int batchTokens)
    {
        using var scorer = Scorer.Create(model, corpus.Documents, batchTokens);
        return scorer.Score();
    }

    private static Device Open(string name, long? budget = null)
    {
        if (name == Emulated) return new EmulatedDriver().Provider.Open(DeviceSpec.Parse("cuda:0"), new DeviceOptions(MemoryBudget: budget));
        try
        {
            return DeviceRegistry.Default.Open(name, new DeviceOptions(MemoryBudget: budget));
        }
        catch (Kernels.Errors.DeviceUnavailableException e)
        {
            throw new SkipException($"{name}: {e.What}", e);
        }
    }
}

using Babel.Kernels;
using Babel.Model.RandomModels;
using Babel.Testing.Cuda;
using Xunit;

namespace Babel.Model.Tests.Decoding;

/// <summary>How many kernels a layer takes on a GPU, and how often a step of generation waits: what small batches pay for besides their arithmetic.</summary>
public sealed class LaunchTests : IDisposable
{
    private static readonly int[] Prompt = [1, 2, 3, 4];
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableTheory]
    [InlineData(DType.F32, Precision.Exact, 11, 13)]
    [InlineData(DType.BF16, Precision.Exact, 17, 19)]
    [InlineData(DType.BF16, Precision.Fast, 18, 20)]
    public void Layer_OfALlama_TakesSoManyLaunches(DType weights, Precision precision, int prefill, int decode)
    {
        var (prefillOne, decodeOne) = Launches(1, weights, precision);
        var (prefillThree, decodeThree) = Launches(3, weights, precision);
        Assert.Equal((prefill, decode), ((prefillThree - prefillOne) / 2, (decodeThree - decodeOne) / 2));
    }

    [SkippableFact]
    public void Step_OfGeneration_WaitsOnce()
    {
        using var driver = new EmulatedDriver();
        using var device = driver.Open();
        using var model = LanguageModel.Load(Folder(2, DType.F32), device);
        var expected = new TextGenerator(model).Generate([Prompt], new GenerationOptions { MaxNewTokens = 5 });
        driver.StayBehind();
        Assert.Equal(expected, new TextGenerator(model).Generate([Prompt], new GenerationOptions { MaxNewTokens = 5 }));
        Assert.Equal(5, driver.Waits);
    }

    /// <summary>Launches of a prefill with log-probabilities, and of one step of generation.</summary>
    private (long Prefill, long Decode) Launches(int layers, DType weights, Precision precision)
    {
        using var driver = new EmulatedDriver();
        using var device = driver.Open(precision);
        using var model = LanguageModel.Load(Folder(layers, weights), device);
        using var batch = Batch.Pack(model, [Prompt]);
        driver.StayBehind();
        model.Run(batch, ForwardOutput.LogProbs);
        long prefill = driver.Launches;
        return (prefill, Generated(3) - Generated(2));

        long Generated(int tokens)
        {
            driver.StayBehind();
            new TextGenerator(model).Generate([Prompt], new GenerationOptions { MaxNewTokens = tokens });
            return driver.Launches;
        }
    }

    private string Folder(int layers, DType weights)
    {
        string folder = _folder.File($"{weights}-{layers}");
        if (!Directory.Exists(folder))
        {
            RandomModel.Write(folder, new RandomModelShape
            {
                ModelWidth = 32, Layers = layers, Heads = 2, KvHeads = 1, HeadDim = 64, FfnWidth = 48, Vocabulary = 64, Weights = weights,
            });
        }

        return folder;
    }
}

using Babel.Kernels;
using Babel.Model.Tokenizers;
using Xunit;

namespace Babel.Model.Tests.Golden;

/// <summary>The trained sample model on our own text, and on the held-out text it was evaluated on by its makers.</summary>
public sealed class BabelNanoTests
{
    private const int TokensABatch = 4096;

    private static string Folder => Path.Combine(Fixtures.Root, "samples", "babel-nano");

    [Theory]
    [InlineData("en")]
    [InlineData("de")]
    [InlineData("fr")]
    [InlineData("es")]
    [InlineData("ru")]
    [InlineData("zh")]
    [InlineData("ar")]
    [InlineData("fi")]
    public void Run_SampleText_IsFarBetterThanChance(string language)
    {
        var (tokens, nll) = Score(Path.Combine(Fixtures.Root, "samples", "text", $"parallel.{language}.txt"));

        // Another genre than the training text; a uniform guess over 8000 tokens costs ln 8000 = 8.99.
        Assert.InRange(nll / tokens, 2.5, 6.5);
    }

    /// <summary>
    /// Tokens and NLL per token as the model card reports them. Two of its eight languages, to keep the tests short: all eight agree to 1e-3.
    /// </summary>
    [SkippableTheory]
    [InlineData("en", 56370, 3.1804)]
    [InlineData("zh", 47453, 4.0741)]
    public void Run_HeldOutText_ScoresAsTheModelCardSays(string language, int tokens, double nll)
    {
        string? text = Fixtures.Shared("babel-nano/text");
        Skip.If(text is null, "the held-out text (../shared/babel-nano/text) belongs to others and is not here");
        var (count, sum) = Score(Path.Combine(text, $"test.{language}.txt"));
        Assert.Equal(tokens, count);
        Assert.Equal(nll, sum / count, 1e-3);
    }

    private static (int Tokens, double Nll) Score(string path)
    {
        var tokenizer = Tokenizer.Load(Folder);
        using var device = DeviceRegistry.Default.Open("cpu");
        using var model = LanguageModel.Load(Folder, device);
        Assert.Equal(tokenizer.VocabularySize, model.Spec.Vocabulary);
        var texts = File.ReadAllLines(path).Select(line => tokenizer.Encode(line, addSpecialTokens: true)).OrderBy(t => t.Length).ToList();
        Assert.All(texts, t => Assert.Equal(tokenizer.BosId, t[0]));
        var (tokens, nll) = (0, 0.0);
        for (int next = 0; next < texts.Count;)
        {
            var batchTexts = new List<int[]>();
            for (int size = 0; next < texts.Count && size < TokensABatch; next++)
            {
                batchTexts.Add(texts[next]);
                size += texts[next].Length;
            }

            using var batch = Batch.Pack(model, batchTexts);
            nll -= model.Run(batch, ForwardOutput.LogProbs).LogProbs.Sum(p => (double)p);
            tokens += batch.Tokens - batchTexts.Count;
        }

        return (tokens, nll);
    }
}

using Babel.Analysis.Corpora;
using Babel.Analysis.Study;
using Babel.Model.Errors;
using Xunit;

namespace Babel.Analysis.Tests.Study;

public sealed class CorpusSplitTests
{
    [Fact]
    public void Make_HeldOut_DealsWholeBlocksAlikeInEveryLanguage()
    {
        var corpus = Lines(("de", 45), ("en", 45));
        var (detection, evaluation) = CorpusSplit.Make(corpus, EvaluationSplit.HeldOut, 10);
        int[] even = [.. Enumerable.Range(0, 10), .. Enumerable.Range(20, 10), .. Enumerable.Range(40, 5)];
        foreach (string language in corpus.Languages)
        {
            Assert.Equal(even, detection.Of(language).Select(d => d.Index));
            Assert.Equal(Enumerable.Range(0, 45).Except(even), evaluation.Of(language).Select(d => d.Index));
        }
    }

    [Fact]
    public void Make_All_UsesEverythingTwice()
    {
        var corpus = Lines(("de", 3), ("en", 3));
        var split = CorpusSplit.Make(corpus, EvaluationSplit.All, 10);
        Assert.Same(corpus, split.Detection);
        Assert.Same(corpus, split.Evaluation);
    }

    [Fact]
    public void Make_TooLittleText_NamesTheLanguageAndTheWayOut()
    {
        var error = Assert.Throws<ModelFormatException>(() => CorpusSplit.Make(Lines(("de", 30), ("fi", 7)), EvaluationSplit.HeldOut, 10));
        Assert.Contains("evaluation half", error.Message, StringComparison.Ordinal);
        Assert.Contains("7 of fi", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("of de", error.Message, StringComparison.Ordinal);
        Assert.Contains("at least two", Assert.Throws<ModelFormatException>(
            () => CorpusSplit.Make(Lines(("de", 30)), EvaluationSplit.HeldOut, 10)).Message, StringComparison.Ordinal);
    }

    private static Corpus Lines(params (string Language, int Count)[] languages) =>
        new(languages.SelectMany(l => Enumerable.Range(0, l.Count).Select(i => new Document(l.Language, i, $"{l.Language} {i}"))));
}

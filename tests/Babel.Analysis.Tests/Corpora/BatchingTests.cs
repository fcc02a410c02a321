using Babel.Analysis.Corpora;
using Babel.Model.Errors;
using Xunit;

namespace Babel.Analysis.Tests.Corpora;

public sealed class BatchingTests
{
    [Fact]
    public void Split_LongDocument_LosesNoTokenAndRepeatsBos()
    {
        int[] ids = [1, .. Enumerable.Range(10, 20)];
        for (int context = 2; context < 24; context++)
        {
            var windows = TokenizedDocument.Split(ids, context, bos: 1);
            Assert.All(windows, w => Assert.InRange(w.Length, 2, context));
            Assert.All(windows, w => Assert.Equal(1, w[0]));
            Assert.Equal(ids[1..], windows.SelectMany(w => w[1..]));
        }
    }

    [Fact]
    public void Split_WithoutBos_Concatenates()
    {
        int[] ids = [.. Enumerable.Range(10, 20)];
        var windows = TokenizedDocument.Split(ids, 7, bos: 1);
        Assert.Equal([7, 7, 6], windows.Select(w => w.Length));
        Assert.Equal(ids, windows.SelectMany(w => w));
        Assert.Empty(TokenizedDocument.Split([], 7, 1));
    }

    [Fact]
    public void Create_CountsSplitDocumentsAndRefusesEmptyOnes()
    {
        var corpus = new Corpus([new Document("de", 0, "abcdefgh"), new Document("de", 1, "abc"), new Document("en", 0, "-")]);
        static int[] Encode(string text) => [1, .. text.Select(c => (int)c)];
        var tokenized = TokenizedCorpus.Create(corpus, Encode, bos: 1, context: 5);
        Assert.Equal(1, tokenized.SplitDocuments);
        Assert.Equal(5 + 5 + 4 + 2, tokenized.Tokens);
        var error = Assert.Throws<ModelFormatException>(() => TokenizedCorpus.Create(corpus, t => t == "-" ? [] : [1], 1, 5));
        Assert.Contains("language en, index 0", error.Where, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(13)]
    [InlineData(64)]
    [InlineData(100000)]
    public void ByLength_AnyBudget_SameOrderEveryWindowOnce(int tokens)
    {
        var random = new Random(5);
        var documents = Enumerable.Range(0, 50)
            .Select(i => new TokenizedDocument(
                new Document(i % 2 == 0 ? "de" : "en", i, ""),
                [.. Enumerable.Range(0, 1 + (i % 3)).Select(_ => new int[random.Next(1, 20)])]))
            .ToList();
        var expected = Batching.ByLength(documents, 1).SelectMany(b => b).ToList();
        var shuffled = documents.OrderBy(d => d.Document.Index * 7919 % 50).ToList();
        var batches = Batching.ByLength(shuffled, tokens).ToList();
        Assert.Equal(expected, batches.SelectMany(b => b));
        Assert.Equal(documents.Sum(d => d.Windows.Count), expected.Distinct().Count());
        Assert.All(batches, b => Assert.True(b.Count == 1 || b.Sum(w => w.Ids.Length) <= tokens));
        Assert.True(expected.Zip(expected.Skip(1)).All(p => p.First.Ids.Length <= p.Second.Ids.Length));
    }
}

using System.Text;
using Babel.Analysis.Corpora;
using Babel.Model.Errors;
using Xunit;

namespace Babel.Analysis.Tests.Corpora;

public sealed class CorpusTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Load_Folder_OrdersByLanguageThenLine()
    {
        _folder.File("x.fr.txt", "un\n\n  \ntrois\r\n");
        _folder.File("x.de.txt", "eins\nzwei");
        _folder.File("README.md", "not text");
        var corpus = Corpus.Load(_folder.Path);
        Assert.Equal(["de", "fr"], corpus.Languages);
        Assert.Equal(
            [new Document("de", 0, "eins"), new Document("de", 1, "zwei"), new Document("fr", 0, "un"), new Document("fr", 3, "trois")],
            corpus.Documents);
    }

    [Fact]
    public void Load_TwoNames_IndicesGoOn()
    {
        _folder.File("b.de.txt", "c\n");
        _folder.File("a.de.txt", "a\nb\n");
        Assert.Equal([0, 1, 2], Corpus.Load(_folder.Path).Documents.Select(d => d.Index));
        Assert.Equal("c", Assert.Single(Corpus.Load(_folder.File("b.*.txt")).Documents).Text);
    }

    [Fact]
    public void Load_JsonLines_SameFingerprintAsText()
    {
        string text = _folder.File("x.de.txt", "Straße\n\"q\"\n");
        string json = _folder.File("x.jsonl", "{\"text\":\"Straße\",\"lang\":\"de\"}\n\n{\"lang\":\"de\",\"text\":\"\\\"q\\\"\",\"more\":1}\n");
        Assert.Equal(Corpus.Load(text).Fingerprint, Corpus.Load(json).Fingerprint);
        Assert.Equal(Corpus.Load(text).Documents, Corpus.Load(json).Documents);
    }

    [Fact]
    public void Fingerprint_ChangesWithTextIndexAndLanguage()
    {
        string Of(params Document[] documents) => new Corpus(documents).Fingerprint;
        var all = new[]
        {
            Of(new Document("de", 0, "ab")), Of(new Document("de", 0, "ac")), Of(new Document("de", 1, "ab")),
            Of(new Document("dea", 0, "b")), Of(new Document("de", 0, "a"), new Document("de", 1, "b")), Of(),
        };
        Assert.Equal(all.Length, all.Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public void Load_WantedLanguages_KeepsThemAndNamesMissingOnes()
    {
        _folder.File("x.fr.txt", "un");
        _folder.File("x.de.txt", "eins");
        Assert.Equal(["fr"], Corpus.Load(_folder.Path, ["fr"]).Languages);
        Assert.Contains("fi", Assert.Throws<ModelNotFoundException>(() => Corpus.Load(_folder.Path, ["fr", "fi"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_ByteOrderMark_IsNoText()
    {
        string path = _folder.File("x.de.txt", [0xEF, 0xBB, 0xBF, (byte)'a', (byte)'\n', 0xEF, 0xBB, 0xBF, (byte)'b']);
        Assert.Equal(["a", "\uFEFFb"], Corpus.Load(path).Documents.Select(d => d.Text), StringComparer.Ordinal);
    }

    [Theory]
    [InlineData(new byte[] { (byte)'a', (byte)'\n', (byte)'b', 0xE9, (byte)'c' }, "line 2, byte offset 3")]
    [InlineData(new byte[] { 0xC3 }, "line 1, byte offset 0")]
    [InlineData(new byte[] { (byte)'x', 0xED, 0xA0, 0x80 }, "line 1, byte offset 1")]
    [InlineData(new byte[] { 0xC0, 0x80, (byte)'\n' }, "line 1, byte offset 0")]
    public void Load_InvalidUtf8_SaysWhere(byte[] bytes, string where)
    {
        string path = _folder.File("x.de.txt", bytes);
        Assert.EndsWith(where, Assert.Throws<ModelFormatException>(() => Corpus.Load(path)).Where, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("notes.txt")]
    [InlineData("x..txt")]
    [InlineData(".de.txt")]
    [InlineData("x.d3.txt")]
    public void Load_NameWithoutLanguage_IsRefused(string name)
    {
        _folder.File(name, "text");
        Assert.Contains("says no language", Assert.Throws<ModelFormatException>(() => Corpus.Load(_folder.Path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[1]")]
    [InlineData("{\"text\":\"a\"}")]
    [InlineData("{\"text\":\"a\",\"lang\":3}")]
    [InlineData("{\"text\":\"a\",\"lang\":\"d e\"}")]
    [InlineData("{\"text\":\"a\",\"lang\":\"de\"")]
    [InlineData("{\"text\":\"a\",\"text\":\"b\",\"lang\":\"de\"}")]
    [InlineData("{\"text\":\"\\ud800\",\"lang\":\"de\"}")]
    public void Load_BadJsonLine_SaysLine(string line)
    {
        string path = _folder.File("x.jsonl", "{\"text\":\"a\",\"lang\":\"de\"}\n" + line + "\n");
        Assert.EndsWith("line 2", Assert.Throws<ModelFormatException>(() => Corpus.Load(path)).Where, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_NothingThere_IsNamed()
    {
        Assert.Throws<ModelNotFoundException>(() => Corpus.Load(_folder.File("none")));
        Assert.Throws<ModelNotFoundException>(() => Corpus.Load(_folder.Path));
        string blank = _folder.File("x.de.txt", "\n \n");
        Assert.Throws<ModelFormatException>(() => Corpus.Load(blank));
    }

    [Fact]
    public void Load_LinesLongerThanTheBuffer_AreWhole()
    {
        var random = new Random(1);
        var lines = Enumerable.Range(0, 40)
            .Select(_ => string.Concat(Enumerable.Range(0, random.Next(1, 60000)).Select(_ => new Rune(random.Next(0x41, 0x2000)).ToString())))
            .ToList();
        string path = _folder.File("x.de.txt", string.Join('\n', lines));
        Assert.Equal(lines, Corpus.Load(path).Documents.Select(d => d.Text), StringComparer.Ordinal);
    }

    [Fact]
    public void Constructor_SameIndexTwice_IsRefused() =>
        Assert.Throws<ArgumentException>(() => new Corpus([new Document("de", 0, "a"), new Document("de", 0, "b")]));

    [Fact]
    public void Where_KeepsIndices()
    {
        var corpus = new Corpus(Enumerable.Range(0, 6).Select(i => new Document("de", i, $"{i}"))).Where(d => d.Index % 2 == 1);
        Assert.Equal([1, 3, 5], corpus.Documents.Select(d => d.Index));
    }

    [Fact]
    public void Create_OfSeveralBrokenDocuments_NamesTheFirst()
    {
        var corpus = new Corpus(Enumerable.Range(0, 200).Select(i => new Document("de", i, $"{i}")));
        for (int run = 0; run < 5; run++)
        {
            using var other = new ManualResetEventSlim();
            int[] Encode(string text)
            {
                int i = int.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
                if (i < 3) return [1, 2];

                // The first waits until another has failed, where there is another thread.
                if (i == 3) other.Wait(TimeSpan.FromMilliseconds(200));
                else other.Set();
                throw new InvalidDataException(text);
            }

            var error = Assert.Throws<InvalidDataException>(() => TokenizedCorpus.Create(corpus, Encode, bos: null, context: 16));
            Assert.Equal("3", error.Message);
        }
    }
}

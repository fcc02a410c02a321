using Babel.Kernels.Errors;
using Babel.Model.Errors;
using Babel.Model.Tokenizers;
using Xunit;

namespace Babel.Model.Tests.Tokenizers;

/// <summary>The sample model's two tokenizer files against each other, and how both bear damage.</summary>
public sealed class BabelNanoTests : IDisposable
{
    private static readonly string Folder = Path.Combine(Fixtures.Root, "samples", "babel-nano");
    private readonly TokenizerFiles _files = new();

    public static TheoryData<string> Texts => [.. Directory.GetFiles(Path.Combine(Fixtures.Root, "samples", "text"), "*.txt").Select(static p => Path.GetFileName(p)).Order(StringComparer.Ordinal)];

    public void Dispose() => _files.Dispose();

    [Theory]
    [MemberData(nameof(Texts))]
    public void BothFiles_SampleText_SameIdsAndRoundTrip(string name)
    {
        var json = Tokenizer.LoadFile(Path.Combine(Folder, "tokenizer.json"));
        var pieces = Tokenizer.LoadFile(Path.Combine(Folder, "tokenizer.model"));
        var text = File.ReadAllText(Path.Combine(Fixtures.Root, "samples", "text", name));
        foreach (var part in (string[])[text, .. text.Split('\n')])
        {
            var ids = json.Encode(part, addSpecialTokens: true);
            Assert.Equal(ids, pieces.Encode(part, addSpecialTokens: true));
            Assert.Equal(part, json.Decode(ids, skipSpecialTokens: true));
            Assert.Equal(part, pieces.Decode(ids));
        }
    }

    [Fact]
    public void BothFiles_RandomText_SameIdsAndRoundTrip()
    {
        var json = Tokenizer.LoadFile(Path.Combine(Folder, "tokenizer.json"));
        var pieces = Tokenizer.LoadFile(Path.Combine(Folder, "tokenizer.model"));
        foreach (var text in RandomText.Some(seed: 9, count: 3000))
        {
            // Only tokenizer.json knows <s> in text; and the visible space reads back as a space.
            if (text.Contains("s>", StringComparison.Ordinal) || text.Contains('\u2581', StringComparison.Ordinal)) continue;
            var ids = json.Encode(text, addSpecialTokens: false);
            Assert.Equal(ids, pieces.Encode(text, addSpecialTokens: false));
            Assert.Equal(text, pieces.Decode(ids));
        }
    }

    [Fact]
    public void Load_SampleFolder_PrefersJsonAndKnowsItsSpecials()
    {
        var tokenizer = Tokenizer.Load(Folder);
        Assert.Equal(8000, tokenizer.VocabularySize);
        Assert.Equal((1, 2, null, 0), (tokenizer.BosId, tokenizer.EosId, tokenizer.PadId, tokenizer.UnkId));
        Assert.Equal([1], tokenizer.Encode("", addSpecialTokens: true));
        Assert.Equal([1], tokenizer.Encode("<s>", addSpecialTokens: false)); // SentencePiece would see three characters
    }

    [Fact]
    public void Load_OnlyTheModel_ReadsAddBosFromTheConfig()
    {
        File.Copy(Path.Combine(Folder, "tokenizer.model"), Path.Combine(_files.Folder, "tokenizer.model"));
        Assert.Equal(1, Tokenizer.Load(_files.Folder).Encode("a", addSpecialTokens: true)[0]);
        _files.Write("tokenizer_config.json", """{"add_bos_token": false, "add_eos_token": true, "eos_token": {"content": "</s>"}, "pad_token": "<unk>"}""");
        var tokenizer = Tokenizer.Load(_files.Folder);
        Assert.NotEqual(1, tokenizer.Encode("a", addSpecialTokens: true)[0]);
        Assert.Equal(2, tokenizer.Encode("a", addSpecialTokens: true)[^1]);
        Assert.Equal(0, tokenizer.PadId);
    }

    [Fact]
    public void Load_NothingThere_SaysWhatWasLookedFor()
    {
        var error = Assert.Throws<ModelNotFoundException>(() => Tokenizer.Load(_files.Folder));
        Assert.Contains("tokenizer.json", error.Message, StringComparison.Ordinal);
        Assert.Contains("tokenizer.model", error.Message, StringComparison.Ordinal);
        Assert.Throws<ModelNotFoundException>(() => Tokenizer.Load(Path.Combine(_files.Folder, "none")));
        Assert.Throws<ModelNotFoundException>(() => Tokenizer.LoadFile(Path.Combine(_files.Folder, "none.json")));
    }

    [Fact]
    public void Encode_ManyThreads_GiveTheSameIds()
    {
        var tokenizer = Tokenizer.Load(Folder);
        var texts = RandomText.Some(seed: 4, count: 500).ToArray();
        var expected = texts.Select(t => tokenizer.Encode(t, addSpecialTokens: true)).ToArray();
        Parallel.For(0, 4000, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i => Assert.Equal(expected[i % 500], tokenizer.Encode(texts[i % 500], addSpecialTokens: true)));
    }

    [Fact]
    public void Encode_OneLongWord_IsNotQuadratic()
    {
        var ids = Tokenizer.Load(Folder).Encode(new string('a', 400_000), addSpecialTokens: false);
        Assert.InRange(ids.Length, 1_000, 400_001);
    }

    [Theory]
    [InlineData("tokenizer.json")]
    [InlineData("tokenizer.model")]
    public void LoadFile_CutShort_IsAFormatError(string name)
    {
        var whole = File.ReadAllBytes(Path.Combine(Folder, name));
        var random = new Random(6);
        for (var i = 0; i < 40; i++)
        {
            // A SentencePiece model cut between two messages is a shorter model; only errors of ours may come of the rest.
            var path = _files.Write(name, whole[..random.Next(whole.Length)]);
            if (Record.Exception(() => Tokenizer.LoadFile(path)) is { } error) Assert.IsType<ModelFormatException>(error);
            else Assert.Equal("tokenizer.model", name);
        }
    }

    [Theory]
    [InlineData("tokenizer.json")]
    [InlineData("tokenizer.model")]
    public void LoadFile_DamagedBytes_LoadsOrIsARefusal(string name)
    {
        var whole = File.ReadAllBytes(Path.Combine(Folder, name));
        var random = new Random(7);
        for (var i = 0; i < 60; i++)
        {
            var bytes = (byte[])whole.Clone();
            for (var k = random.Next(1, 4); k > 0; k--) bytes[random.Next(random.Next(2) == 0 ? 200 : bytes.Length)] = (byte)random.Next(256);
            var path = _files.Write(name, bytes);
            try
            {
                Tokenizer.LoadFile(path).Encode("Erään vanhan kuninkaan", addSpecialTokens: true);
            }
            catch (BabelException error)
            {
                Assert.Contains(path, error.Message, StringComparison.Ordinal);
            }
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")]
    [InlineData("[]")]
    public void LoadFile_NoTokenizerAtAll_IsAFormatError(string content)
    {
        Assert.Throws<ModelFormatException>(() => Tokenizer.LoadFile(_files.Write("tokenizer.json", content)));
        Assert.Throws<ModelFormatException>(() => Tokenizer.LoadFile(_files.Write("tokenizer.model", content)));
    }
}

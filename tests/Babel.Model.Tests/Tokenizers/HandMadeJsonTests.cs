using Babel.Model.Errors;
using Babel.Model.Tokenizers;
using Xunit;

namespace Babel.Model.Tests.Tokenizers;

/// <summary>tokenizer.json, one rule at a time, on vocabularies small enough to follow by hand.</summary>
public sealed class HandMadeJsonTests : IDisposable
{
    private const string Metaspace = "\"normalizer\": {\"type\": \"Replace\", \"pattern\": {\"String\": \" \"}, \"content\": \"\u2581\"},";
    private readonly TokenizerFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Theory]
    [InlineData("""["a b", "ab c"]""")]
    [InlineData("""[["a", "b"], ["ab", "c"]]""")]
    public void Bpe_MergesAsStringsOrPairs_GoByRank(string merges)
    {
        // No "type": the merges tell that it is BPE. Unknown characters are dropped where there is no unknown token.
        var tokenizer = Load($$"""{"vocab": {"a": 0, "b": 1, "c": 2, "ab": 3, "abc": 4}, "merges": {{merges}} }""");
        Assert.Equal([4, 3, 3, 4], tokenizer.Encode("abcab?ababc", addSpecialTokens: false));
    }

    [Fact]
    public void Bpe_ByteFallback_GivesBytesButNeverForTheirNames()
    {
        var bytes = string.Join(", ", Enumerable.Range(0, 256).Select(static b => $"\"<0x{b:X2}>\": {b + 10}"));
        var tokenizer = Load(
            $$"""{"type": "BPE", "unk_token": "u", "fuse_unk": true, "byte_fallback": true, "vocab": {"u": 0, "a": 1, {{bytes}} }, "merges": []}""",
            "\"decoder\": {\"type\": \"Sequence\", \"decoders\": [{\"type\": \"ByteFallback\"}, {\"type\": \"Fuse\"}]},");
        Assert.Equal([1, 0xC3 + 10, 0xA9 + 10, 1], tokenizer.Encode("a\u00E9a", addSpecialTokens: false));
        Assert.Equal("a\u00E9a", tokenizer.Decode([1, 0xC3 + 10, 0xA9 + 10, 1]));
        Assert.Equal("a\uFFFDa", tokenizer.Decode([1, 0xC3 + 10, 1]));
        Assert.Equal("<0x0A>".Length, tokenizer.Encode("<0x0A>", addSpecialTokens: false).Length);
    }

    [Theory]
    [InlineData(true, "0 1")]
    [InlineData(false, "0 0 1")]
    public void Bpe_Unknowns_AreFusedOnlyWhenAsked(bool fuse, string expected)
    {
        var tokenizer = Load($$"""{"type": "BPE", "unk_token": "u", "fuse_unk": {{(fuse ? "true" : "false")}}, "vocab": {"u": 0, "a": 1}, "merges": []}""");
        Assert.Equal(expected, string.Join(' ', tokenizer.Encode("??a", addSpecialTokens: false)));
        Assert.Equal(0, tokenizer.UnkId);
    }

    [Fact]
    public void Bpe_IgnoreMerges_TakesAWholeWord()
    {
        const string Vocab = """ "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": [] """;
        Assert.Equal([0, 1], Load($$"""{"type": "BPE", {{Vocab}} }""").Encode("ab", addSpecialTokens: false));
        Assert.Equal([2], Load($$"""{"type": "BPE", "ignore_merges": true, {{Vocab}} }""").Encode("ab", addSpecialTokens: false));
    }

    [Fact]
    public void Bpe_MergeIntoMetaspace_IsNotCutAway()
    {
        // "a▁" crosses from a letter into the next space: the shortcut of cutting there must see that it may not.
        var tokenizer = Load("""{"type": "BPE", "vocab": {"a": 0, "▁": 1, "a▁": 2}, "merges": ["a ▁"]}""", Metaspace);
        Assert.Equal([2, 0], tokenizer.Encode("a a", addSpecialTokens: false));
    }

    [Fact]
    public void ByteLevel_BytesAndVisibleAlphabet_ComeBack()
    {
        var tokenizer = Load(
            """{"type": "BPE", "vocab": {"a": 0, "Ġ": 1, "Ġa": 2, "Ã": 3, "©": 4, "Ã©": 5, "'": 6, "s": 7, "'s": 8}, "merges": ["Ġ a", "Ã ©", "' s"]}""",
            """ "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": true}, "decoder": {"type": "ByteLevel"},""");
        var ids = tokenizer.Encode("a\u00E9's  a", addSpecialTokens: false);
        Assert.Equal([2, 5, 8, 1, 2], ids);
        Assert.Equal(" a\u00E9's  a", tokenizer.Decode(ids));
        Assert.Equal("\uFFFD", tokenizer.Decode([3]));
        Assert.Equal("Ġa", tokenizer.TokenOf(2));
        Assert.Equal(2, tokenizer.IdOf("Ġa"));
        Assert.Null(tokenizer.TokenOf(99));
        Assert.Null(tokenizer.IdOf("zz"));
        Assert.Equal("a", tokenizer.Decode([0, 99]));
    }

    [Fact]
    public void Unigram_BestPath_FusesUnknownsAndPrefersTheScore()
    {
        var tokenizer = Load("""{"unk_id": 0, "vocab": [["u", 0], ["a", -2], ["b", -2], ["ab", -3.5], ["bb", -9]]}""");
        Assert.Equal([3, 2], tokenizer.Encode("abb", addSpecialTokens: false));
        Assert.Equal([1, 0, 1], tokenizer.Encode("a\u00E9\u6771a", addSpecialTokens: false));
    }

    [Fact]
    public void Unigram_NoUnknownPiece_IsAClearError()
    {
        var tokenizer = Load("""{"type": "Unigram", "vocab": [["a", -2]]}""");
        Assert.Throws<ModelFormatException>(() => tokenizer.Encode("b", addSpecialTokens: false));
    }

    [Theory]
    [InlineData("", "x  <s>  y", "8 0 0 1 0 0 3")]
    [InlineData("\"lstrip\": true,", "x  <s>  y", "8 1 0 0 3")]
    [InlineData("\"rstrip\": true,", "x  <s>  y", "8 0 0 1 3")]
    [InlineData("\"single_word\": true,", "x<s> <s>y <s>", "8 9 0 9 3 0 1")]
    public void AddedToken_Flags_DecideWhatItTakes(string flags, string text, string expected)
    {
        // Written out as text, "<s>" would be the unknown 9.
        var tokenizer = Load("""{"type": "BPE", "unk_token": "u", "fuse_unk": true, "vocab": {" ": 0, "<s>": 1, "y": 3, "x": 8, "u": 9}, "merges": []}""",
            added: TokenizerFiles.Added(1, "<s>", flags));
        Assert.Equal(expected, string.Join(' ', tokenizer.Encode(text, addSpecialTokens: false)));
    }

    [Fact]
    public void AddedToken_Normalized_MatchesOnlyWhatNormalizationMakes()
    {
        const string Model = """{"type": "BPE", "unk_token": "u", "vocab": {"u": 0, "<s>": 1, "▁": 2, "H": 3}, "merges": []}""";
        const string Prepend = "\"normalizer\": {\"type\": \"Sequence\", \"normalizers\": [{\"type\": \"Prepend\", \"prepend\": \"▁\"}, {\"type\": \"Replace\", \"pattern\": {\"String\": \" \"}, \"content\": \"▁\"}]},";
        var normalized = Load(Model, Prepend, TokenizerFiles.Added(1, "<s>", "\"normalized\": true,"));
        Assert.Equal([1, 3], normalized.Encode("<s>H", addSpecialTokens: false));
        Assert.Equal([2, 3, 1], normalized.Encode("H <s>", addSpecialTokens: false));
        Assert.DoesNotContain(1, normalized.Encode("H<s>", addSpecialTokens: false));
        var plain = Load(Model, Prepend, TokenizerFiles.Added(1, "<s>"));
        Assert.Equal([1, 2, 3], plain.Encode("<s>H", addSpecialTokens: false));
    }

    [Fact]
    public void AddedTokens_LongestFirst_AndNumberedOnFromTheVocabulary()
    {
        var tokenizer = Load("""{"type": "BPE", "vocab": {"a": 0, "b": 1}, "merges": []}""", added: TokenizerFiles.Added(2, "ab") + "," + TokenizerFiles.Added(3, "abb"));
        Assert.Equal([3, 2, 0], tokenizer.Encode("abbaba", addSpecialTokens: false));
        Assert.Equal(4, tokenizer.VocabularySize);
        Assert.Equal("a", tokenizer.Decode([3, 0], skipSpecialTokens: true));
    }

    [Theory]
    [InlineData("first", "2 0 2 0 1 0")]
    [InlineData("always", "2 0 2 0 1 2 0")]
    [InlineData("never", "0 2 0 1 0")]
    public void Metaspace_PrependScheme_DecidesTheDummySpace(string scheme, string expected)
    {
        var tokenizer = Load("""{"type": "BPE", "vocab": {"a": 0, "<s>": 1, "▁": 2}, "merges": []}""",
            $$""" "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "{{scheme}}", "split": true},""", TokenizerFiles.Added(1, "<s>"));
        Assert.Equal(expected, string.Join(' ', tokenizer.Encode("a a<s>a", addSpecialTokens: false)));
    }

    [Fact]
    public void PostProcessor_Template_GoesAroundEvenNothing()
    {
        var tokenizer = Load("""{"type": "BPE", "vocab": {"a": 0, "<s>": 1, "</s>": 2}, "merges": []}""",
            """
            "post_processor": {"type": "TemplateProcessing",
              "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "</s>", "type_id": 0}}],
              "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}, "</s>": {"id": "</s>", "ids": [2], "tokens": ["</s>"]}}},
            """);
        Assert.Equal([1, 0, 2], tokenizer.Encode("a", addSpecialTokens: true));
        Assert.Equal([0], tokenizer.Encode("a", addSpecialTokens: false));
        Assert.Equal([1, 2], tokenizer.Encode("", addSpecialTokens: true));
    }

    [Theory]
    [InlineData("""{"type": "WordLevel", "vocab": {"a": 0}, "unk_token": "a"}""", "", "WordLevel")]
    [InlineData("""{"type": "WordPiece", "vocab": {"a": 0}, "unk_token": "a"}""", "", "WordPiece")]
    [InlineData("""{"type": "BPE", "vocab": {"a": 0}, "merges": [], "end_of_word_suffix": "</w>"}""", "", "end_of_word_suffix")]
    [InlineData("""{"type": "BPE", "vocab": {"a": 0}, "merges": [], "dropout": 0.1}""", "", "dropout")]
    [InlineData("""{"type": "BPE", "vocab": {"a": 0}, "merges": []}""", "\"normalizer\": {\"type\": \"BertNormalizer\"},", "BertNormalizer")]
    [InlineData("""{"type": "BPE", "vocab": {"a": 0}, "merges": []}""", "\"pre_tokenizer\": {\"type\": \"UnicodeScripts\"},", "UnicodeScripts")]
    [InlineData("""{"type": "BPE", "vocab": {"a": 0}, "merges": []}""", "\"decoder\": {\"type\": \"CTC\"},", "CTC")]
    public void Load_PartNotImplemented_IsRefusedByName(string model, string parts, string named)
    {
        var error = Assert.Throws<UnsupportedModelException>(() => Load(model, parts));
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"type": "BPE", "vocab": {"a": -1}, "merges": []}""", "$.model.vocab[\"a\"]")]
    [InlineData("""{"type": "BPE", "vocab": {"a": 0}, "merges": ["a b"]}""", "$.model.merges[0]")]
    [InlineData("""{"type": "BPE", "vocab": {"a": 0, "aa": 1}, "merges": ["a a", "a"]}""", "$.model.merges[1]")]
    [InlineData("""{"type": "BPE", "vocab": {"a": 0}}""", "$.model")]
    [InlineData("""{"type": "BPE", "unk_token": "x", "vocab": {"a": 0}, "merges": []}""", "$.model.unk_token")]
    [InlineData("""{"type": "Unigram", "vocab": [["a"]]}""", "$.model.vocab[0]")]
    [InlineData("""{"type": "Unigram", "unk_id": 7, "vocab": [["a", -1]]}""", "$.model.unk_id")]
    [InlineData("""{"type": "BPE", "fuse_unk": "yes", "vocab": {"a": 0}, "merges": []}""", "$.model.fuse_unk")]
    public void Load_BrokenJson_NamesThePath(string model, string path)
    {
        var error = Assert.Throws<ModelFormatException>(() => Load(model));
        Assert.EndsWith(": " + path, error.Where, StringComparison.Ordinal);
    }

    private Tokenizer Load(string model, string parts = "", string added = "") =>
        Tokenizer.LoadFile(_files.Write("tokenizer.json", TokenizerFiles.Json(model, parts, added)));
}

using Babel.Model.Errors;
using Babel.Model.Tokenizers;
using Xunit;

namespace Babel.Model.Tests.Tokenizers;

/// <summary>The folders without cases: they load, encode and come back. Ids were taken with the Rust crate 0.23.2.</summary>
public sealed class SharedFolderTests(ReferenceData data) : IClassFixture<ReferenceData>
{
    private const string First = "Hello   world, it's 12345\u00B2! ";
    private const string Second = "\u00BD na\u00EFve \u6771\u4EAC don't\n\n  x";
    private const string Third = "def f(x):\n\t\treturn x</s>";

    [SkippableTheory]
    [InlineData("falcon-7b", First, "9856 258 1079 23 334 18 94 204 10963 2617 136 122 12 204")]
    [InlineData("falcon-7b", Second, "136 133 59251 204 2842 121 26698 794 18 95 4824 1859")]
    [InlineData("falcon-7b", Third, "3071 261 19 99 2045 1132 192 2970 1859 1686 94 41")]
    [InlineData("phi-2", First, "15496 50285 6894 11 340 338 17031 2231 31185 0 220")]
    [InlineData("phi-2", Second, "23141 41492 10545 251 109 12859 105 836 470 628 50286 87")]
    [InlineData("phi-2", Third, "4299 277 7 87 2599 198 50294 7783 2124 3556 82 29")]
    [InlineData("t5-small", First, "8774 296 6 34 31 7 586 3710 5373 55 1")]
    [InlineData("t5-small", Second, "209 2 357 3 29 9 2 162 3 2 278 31 17 3 226 1")]
    [InlineData("t5-small", Third, "20 89 3 89 599 226 61 10 1205 3 226 1 1")]
    [InlineData("roberta-base", First, "0 31414 1437 1437 232 6 24 18 17072 1898 40632 328 1437 2")]
    [InlineData("roberta-base", Second, "0 14989 39300 47416 46 15389 46499 11582 218 75 50140 1437 3023 2")]
    [InlineData("roberta-base", Third, "0 9232 856 1640 1178 3256 50118 50117 50117 30921 3023 2 2")]
    [InlineData("qwen2.5", First, "9707 256 1879 11 432 594 220 16 17 18 19 20 29456 0 220")]
    [InlineData("qwen2.5", Second, "26062 94880 586 60596 109 46553 1513 944 271 220 856")]
    [InlineData("qwen2.5", Third, "750 282 2075 982 197 853 856 522 82 29")]
    public void TokenizerJson_WithoutCases_MatchesRust(string name, string text, string expected) =>
        Assert.Equal(expected, string.Join(' ', Tokenizer.Load(data.Folder(name)).Encode(text, addSpecialTokens: true)));

    [SkippableTheory]
    [InlineData("albert-spm")]
    [InlineData("hf-fixture-bpe-1k")]
    [InlineData("hf-fixture-unigram-nobos-1k")]
    [InlineData("mistral-v3-spm")]
    [InlineData("marian-nmt-suffix")]
    public void TokenizerModel_WithoutCases_LoadsAndComesBack(string name)
    {
        var tokenizer = Tokenizer.LoadFile(Path.Combine(data.Folder(name), "tokenizer.model"));
        const string Text = "the quick brown fox jumps over the lazy dog";
        var ids = tokenizer.Encode(Text, addSpecialTokens: false);
        Assert.NotEmpty(ids);
        Assert.All(ids, id => Assert.InRange(id, 0, tokenizer.VocabularySize - 1));
        Assert.Equal(Text, tokenizer.Decode(ids).Trim(), ignoreCase: true);
    }

    [SkippableFact]
    public void TokenizerModel_TiktokenRanks_IsRefusedByName()
    {
        var error = Assert.Throws<UnsupportedModelException>(() => Tokenizer.LoadFile(Path.Combine(data.Folder("llama3"), "tokenizer.model")));
        Assert.Contains("tiktoken", error.Message, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("gpt2", 50257, 50256, 50256)]
    [InlineData("llama2", 32000, 1, 2)]
    [InlineData("llama3", 128256, 128000, 128001)]
    [InlineData("xglm-style-unigram", 40008, 0, 2)]
    [InlineData("gpt-neox-20b", 50277, 0, 0)]
    public void Load_Folder_KnowsItsSpecialTokens(string name, int size, int bos, int eos)
    {
        var tokenizer = Tokenizer.Load(data.Folder(name));
        Assert.Equal(size, tokenizer.VocabularySize);
        Assert.Equal(bos, tokenizer.BosId);
        Assert.Equal(eos, tokenizer.EosId);
    }

    [SkippableFact]
    public void Encode_LoneSurrogate_IsReadAsTheReplacementCharacter() =>
        Assert.Equal([4210], Tokenizer.Load(data.Folder("gpt2")).Encode("\uD83D", addSpecialTokens: false));
}

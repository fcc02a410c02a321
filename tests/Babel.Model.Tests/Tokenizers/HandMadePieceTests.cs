using Babel.Model.Errors;
using Babel.Model.Tokenizers;
using Xunit;

namespace Babel.Model.Tests.Tokenizers;

/// <summary>tokenizer.model, one rule at a time. Types: 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte.</summary>
public sealed class HandMadePieceTests : IDisposable
{
    private static readonly (int, int)[] Plain = [(3, 0), (4, 0)];
    private static readonly (int, int)[] Bpe = [(3, 2)];
    private readonly TokenizerFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public void Bpe_EqualScores_LeftmostMergesFirst()
    {
        var tokenizer = Load([("u", 0, 2), ("a", 0, 1), ("aa", -1, 1)], Bpe, Plain);
        Assert.Equal([2, 1], Ids(tokenizer, "aaa"));
    }

    [Fact]
    public void Bpe_HigherScore_MergesFirst()
    {
        var tokenizer = Load([("u", 0, 2), ("a", 0, 1), ("b", 0, 1), ("c", 0, 1), ("ab", -2, 1), ("bc", -1, 1)], Bpe, Plain);
        Assert.Equal([1, 5], Ids(tokenizer, "abc"));
    }

    [Fact]
    public void Bpe_PieceOfCharactersNotPieces_IsStillReached()
    {
        // "b" is no piece, yet "ab" is; alone it is unknown. Neighbouring unknowns are one.
        var tokenizer = Load([("u", 0, 2), ("a", 0, 1), ("ab", -1, 1)], Bpe, Plain);
        Assert.Equal([2, 0, 1], Ids(tokenizer, "abbbza"));
    }

    [Fact]
    public void Bpe_UnusedPiece_IsTakenApartAgain()
    {
        var tokenizer = Load([("u", 0, 2), ("a", 0, 1), ("b", 0, 1), ("ab", -1, 5), ("abb", -2, 1)], Bpe, Plain);
        Assert.Equal([1, 2], Ids(tokenizer, "ab"));
        Assert.Equal([4], Ids(tokenizer, "abb"));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(1)]
    public void UserDefined_LongestFirst_AndNeverPartOfAMerge(int modelType)
    {
        var tokenizer = Load([("u", 0, 2), ("a", -1, 1), ("b", -1, 1), ("<x>", 0, 4), ("<x><x>", 0, 4), ("ab", -1.5f, 1)], [(3, modelType)], Plain);
        Assert.Equal([5, 4, 3, 2], Ids(tokenizer, "ab<x><x><x>b"));
    }

    [Fact]
    public void Control_WrittenInText_IsNotRecognised()
    {
        var tokenizer = Load([("u", 0, 2), ("<s>", 0, 3), ("<", -1, 1), ("s", -1, 1), (">", -1, 1)], [], Plain);
        Assert.Equal([2, 3, 4], Ids(tokenizer, "<s>"));
        Assert.Equal("s", tokenizer.Decode([1, 3]));
        Assert.Equal(1, tokenizer.IdOf("<s>"));
        Assert.Equal([1, 3], tokenizer.Encode("s", addSpecialTokens: true));
    }

    [Fact]
    public void ByteFallback_UnknownCharacter_IsItsBytesAndComesBack()
    {
        (string, float, int)[] bytes = [.. Enumerable.Range(0, 256).Select(static b => ($"<0x{b:X2}>", 0f, 6))];
        var tokenizer = Load([("u", 0, 2), .. bytes, ("a", -1, 1)], [(35, 1)], Plain);
        Assert.Equal([257, 1 + 0xC3, 1 + 0xA9], Ids(tokenizer, "a\u00E9"));
        Assert.Equal("a\u00E9", tokenizer.Decode([257, 1 + 0xC3, 1 + 0xA9]));
        Assert.Equal("a\uFFFD\uFFFDa", tokenizer.Decode([257, 1 + 0xC3, 1 + 0xC3, 257]));
    }

    [Theory]
    [InlineData(true, true, "  a  a ", "▁ a ▁ a", "a a")]
    [InlineData(true, false, " a", "▁ ▁ a", " a")]
    [InlineData(false, false, " a ", "▁ a ▁", " a ")]
    [InlineData(true, true, "   ", "", "")]
    public void Whitespace_Flags_AreObeyedBothWays(bool dummy, bool squeeze, string text, string tokens, string back)
    {
        var tokenizer = Load([("u", 0, 2), ("▁", -1, 1), ("a", -1, 1)], [], [(3, dummy ? 1 : 0), (4, squeeze ? 1 : 0)]);
        var ids = Ids(tokenizer, text);
        Assert.Equal(tokens, string.Join(' ', ids.Select(i => tokenizer.TokenOf(i))));
        Assert.Equal(back, tokenizer.Decode(ids));
    }

    [Fact]
    public void WhitespaceAsSuffix_DummySpace_GoesBehind()
    {
        var tokenizer = Load([("u", 0, 2), ("▁", -1, 1), ("a", -1, 1), ("a▁", -1, 1)], [(24, 1)], [(3, 1), (4, 0)]);
        Assert.Equal([3, 3], Ids(tokenizer, "a a"));
    }

    [Fact]
    public void Unknown_Decoded_ShowsItsSurface()
    {
        var tokenizer = Load([("u", 0, 2), ("a", -1, 1)], [], Plain);
        Assert.Equal([1, 0, 1], Ids(tokenizer, "a??a"));
        Assert.Equal("a \u2047 a", tokenizer.Decode([1, 0, 1]));
        Assert.Equal("aa", tokenizer.Decode([1, 0, 1], skipSpecialTokens: true));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    public void Load_WordOrCharacterModel_IsRefusedByName(int modelType) =>
        Assert.Throws<UnsupportedModelException>(() => Load([("u", 0, 2), ("a", -1, 1)], [(3, modelType)], Plain));

    [Fact]
    public void Load_InconsistentModels_AreFormatErrors()
    {
        Assert.Throws<ModelFormatException>(() => Load([("a", 0, 1)], [], Plain)); // no unknown
        Assert.Throws<ModelFormatException>(() => Load([("u", 0, 2), ("v", 0, 2)], [], Plain)); // two
        Assert.Throws<ModelFormatException>(() => Load([("u", 0, 2)], [(35, 1)], Plain)); // byte fallback without bytes
        Assert.Throws<ModelFormatException>(() => Load([("u", 0, 2), ("", 0, 1)], [], Plain)); // an empty piece
        Assert.Throws<ModelFormatException>(() => Load([("u", 0, 2), ("a", float.NaN, 1)], [], Plain));
        Assert.Throws<ModelFormatException>(() => Load([("u", 0, 2), ("a", 0, 9)], [], Plain)); // no such type
        Assert.Throws<ModelFormatException>(() => Load([("u", 0, 2), ("a", 0, 1), ("a", 0, 4)], [], Plain)); // twice
    }

    [Fact]
    public void Load_FamilyWithShiftedIds_NeedsATokenizerJson()
    {
        Load([("u", 0, 2), ("a", -1, 1)], [], Plain);
        _files.Write("tokenizer_config.json", """{"tokenizer_class": "XGLMTokenizer"}""");
        var error = Assert.Throws<UnsupportedModelException>(() => Tokenizer.Load(_files.Folder));
        Assert.Contains("XGLMTokenizer", error.Message, StringComparison.Ordinal);
    }

    private static int[] Ids(Tokenizer tokenizer, string text) => tokenizer.Encode(text, addSpecialTokens: false);

    private Tokenizer Load((string, float, int)[] pieces, (int, int)[] trainer, (int, int)[] normalizer) =>
        Tokenizer.LoadFile(_files.Write("tokenizer.model", TokenizerFiles.PieceModel(pieces, trainer, normalizer)));
}

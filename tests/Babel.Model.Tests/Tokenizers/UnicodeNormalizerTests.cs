using System.Text;
using Babel.Model.Tokenizers.Text;
using Xunit;

namespace Babel.Model.Tests.Tokenizers;

/// <summary>Normalization by our own tables; string.Normalize does nothing in these programs.</summary>
public sealed class UnicodeNormalizerTests
{
    [Theory]
    [InlineData(nameof(UnicodeForm.C), "e\u0301", "\u00E9")]
    [InlineData(nameof(UnicodeForm.D), "\u00E9", "e\u0301")]
    [InlineData(nameof(UnicodeForm.D), "\u1E69", "s\u0323\u0307")]
    [InlineData(nameof(UnicodeForm.C), "s\u0307\u0323", "\u1E69")]
    [InlineData(nameof(UnicodeForm.C), "q\u0307\u0323", "q\u0323\u0307")]
    [InlineData(nameof(UnicodeForm.D), "\u01D5", "U\u0308\u0304")]
    [InlineData(nameof(UnicodeForm.C), "\u1112\u1161\u11AB", "\uD55C")]
    [InlineData(nameof(UnicodeForm.D), "\uD55C\uAC00", "\u1112\u1161\u11AB\u1100\u1161")]
    [InlineData(nameof(UnicodeForm.C), "\uAC00\u11A8", "\uAC01")]
    [InlineData(nameof(UnicodeForm.C), "\u212B", "\u00C5")]
    [InlineData(nameof(UnicodeForm.C), "\u0958", "\u0915\u093C")]
    [InlineData(nameof(UnicodeForm.C), "a\u0315\u0300\u05AE\u0300b", "\u00E0\u05AE\u0300\u0315b")]
    [InlineData(nameof(UnicodeForm.KC), "\uFB01\u00B2\uFF21", "fi2A")]
    [InlineData(nameof(UnicodeForm.KD), "\uFDFA", "\u0635\u0644\u0649 \u0627\u0644\u0644\u0647 \u0639\u0644\u064A\u0647 \u0648\u0633\u0644\u0645")]
    [InlineData(nameof(UnicodeForm.C), "\U0002F800", "\u4E3D")]
    [InlineData(nameof(UnicodeForm.C), "\U00011099\U000110BA", "\U0001109A")]
    public void Apply_PublishedExamples_Agree(string form, string text, string expected) =>
        Assert.Equal(expected, Normalize(text, Enum.Parse<UnicodeForm>(form)));

    [Fact]
    public void Apply_RandomText_IsIdempotentAndFormsAgree()
    {
        foreach (var text in RandomText.Some(seed: 5, count: 4000))
        {
            var composed = Normalize(text, UnicodeForm.C);
            var decomposed = Normalize(text, UnicodeForm.D);
            Assert.Equal(composed, Normalize(composed, UnicodeForm.C));
            Assert.Equal(decomposed, Normalize(decomposed, UnicodeForm.D));
            Assert.Equal(composed, Normalize(decomposed, UnicodeForm.C));
            Assert.Equal(decomposed, Normalize(composed, UnicodeForm.D));
            Assert.Equal(Normalize(text, UnicodeForm.KC), Normalize(Normalize(text, UnicodeForm.KD), UnicodeForm.KC));
        }
    }

    private static string Normalize(string text, UnicodeForm form)
    {
        var output = new ByteBuffer();
        return UnicodeNormalizer.Apply(Encoding.UTF8.GetBytes(text), form, output) ? Encoding.UTF8.GetString(output.Written) : text;
    }
}

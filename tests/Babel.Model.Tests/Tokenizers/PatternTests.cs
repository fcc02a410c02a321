using System.Text;
using Babel.Model.Errors;
using Babel.Model.Tokenizers.Patterns;
using Xunit;

namespace Babel.Model.Tests.Tokenizers;

/// <summary>The scanners written by hand against the compiled patterns, and both against what Oniguruma is known to do.</summary>
public sealed class PatternTests
{
    private const string Qwen = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private static readonly string Llama3 = Qwen.Replace(@"\p{N}|", @"\p{N}{1,3}|", StringComparison.Ordinal);

    public static TheoryData<string> Known => [Gpt2Scanner.Pattern, BloomScanner.Pattern, Qwen, Llama3];

    [Theory]
    [MemberData(nameof(Known))]
    public void Scanner_RandomText_CutsAsTheCompiledPattern(string pattern)
    {
        var scanner = KnownPatterns.For(pattern, "test");
        Assert.IsAssignableFrom<IWordScanner>(scanner);
        var compiled = CodePointPattern.Compile(pattern, "test");
        foreach (var text in RandomText.Some(seed: 3, count: 4000)) Assert.Equal(Cut(compiled, text), Cut(scanner, text));
    }

    [Theory]
    [InlineData(Gpt2Scanner.Pattern, "a   b  ", "a|  | b|  ")]
    [InlineData(Gpt2Scanner.Pattern, "it's IT'S", "it|'s| IT|'|S")]
    [InlineData(Gpt2Scanner.Pattern, "12345\u00BD x\u0085y", "12345\u00BD| x|\u0085|y")]
    [InlineData(Gpt2Scanner.Pattern, "a\u001Cb\u180Ec\u200Bd", "a|\u001C|b|\u180E|c|\u200B|d")]
    [InlineData(Qwen, "\U00020BB7\u91CE\U0001D7D9\U0001D7DA", "\U00020BB7\u91CE|\U0001D7D9|\U0001D7DA")]
    [InlineData(Qwen, "a'\u017Fb x'S", "a|'\u017F|b| x|'S")]
    [InlineData(Qwen, "end.\n\n\tnext  \n \n  x", "end|.\n\n|\tnext|  \n \n| | x")]
    public void KnownPattern_Text_IsCutLikeOniguruma(string pattern, string text, string expected) =>
        Assert.Equal(expected, Cut(KnownPatterns.For(pattern, "test"), text));

    [Fact]
    public void Llama3_Digits_GoByThrees() => Assert.Equal("123|456|7| a", Cut(KnownPatterns.For(Llama3, "test"), "1234567 a"));

    [Fact]
    public void Bloom_InnerBracket_IsANestedClass() =>
        Assert.Equal("[a]|(|b|)| c|. | d|\u3002|e", Cut(KnownPatterns.For(BloomScanner.Pattern, "test"), "[a](b) c.  d\u3002e"));

    [Theory]
    [InlineData("a*?b|c", "aabcd", "aab|c|d")]
    [InlineData("(?>a+)b|a", "aaab", "aaab")]
    [InlineData("a++a|x", "aaax", "aaa|x")]
    [InlineData("[a-c[x-z]&]+", "abq&z-", "ab|q|&z|-")]
    [InlineData("[^[a-f]\\d]+", "abx-1y", "ab|x-|1|y")]
    [InlineData("(?i:k)\\w", "Ka \u212Ab kc", "Ka| |\u212Ab| |kc")]
    [InlineData("\\p{Lu}\\p{^L}|\\P{L}{2,3}", "Ab1C1 ..", "Ab1|C1| ..")]
    [InlineData("x(?=y)|y(?!x)", "xyxx", "x|yxx")]
    [InlineData("^.", "ab\ncd", "a|b\n|c|d")]
    [InlineData("a*", "baac", "|b|aa|c|")]
    [InlineData("\\x{3042}|\\u0041|\\x42", "\u3042ABC", "\u3042|A|B|C")]
    public void CompiledPattern_Text_IsCutLikeOniguruma(string pattern, string text, string expected) =>
        Assert.Equal(expected, Cut(CodePointPattern.Compile(pattern, "test"), text));

    [Theory]
    [InlineData("(?<=a)b", "(?<")]
    [InlineData("\\p{Han}+", "\\p{Han}")]
    [InlineData("(a)\\1", "\\1")]
    [InlineData("(?i:\u00E9)", "(?i)")]
    [InlineData("(a*)*", "empty")]
    [InlineData("[[:alpha:]]", "POSIX")]
    [InlineData("a{2,3}+", "{n,m}+")]
    [InlineData("\\bx", "\\b")]
    public void Compile_ConstructNotMatchedFaithfully_IsRefusedByName(string pattern, string named)
    {
        var error = Assert.Throws<UnsupportedModelException>(() => CodePointPattern.Compile(pattern, "$.pre_tokenizer"));
        Assert.Contains(named, error.Found, StringComparison.Ordinal);
        Assert.Equal("$.pre_tokenizer", error.Where);
    }

    [Theory]
    [InlineData("(a")]
    [InlineData("a)")]
    [InlineData("[a")]
    [InlineData("*a")]
    [InlineData("a\\")]
    [InlineData("[b-a]")]
    public void Compile_MalformedPattern_IsAFormatError(string pattern) =>
        Assert.Throws<ModelFormatException>(() => CodePointPattern.Compile(pattern, "test"));

    [Fact]
    public void FindMatches_EndlessBacktracking_StopsWithAnError()
    {
        var pattern = CodePointPattern.Compile("(?:a|aa)+b", "test");
        Assert.Throws<UnsupportedModelException>(() => Cut(pattern, new string('a', 200)));
    }

    // Stretches joined by bars; they must cover the text.
    private static string Cut(ISplitPattern pattern, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var stretches = new List<TextSplit>();
        pattern.FindMatches(bytes, stretches);
        var at = 0;
        foreach (var (start, end, _) in stretches)
        {
            Assert.Equal(at, start);
            Assert.True(end >= start);
            at = end;
        }

        Assert.Equal(bytes.Length, at);
        return string.Join('|', stretches.Select(s => Encoding.UTF8.GetString(bytes, s.Start, s.End - s.Start)));
    }
}

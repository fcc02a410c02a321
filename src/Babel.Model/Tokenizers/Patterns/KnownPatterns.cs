namespace Babel.Model.Tokenizers.Patterns;

/// <summary>Chooses for a regular expression a scanner written out by hand, or else compiles it.</summary>
internal static class KnownPatterns
{
    public static ISplitPattern For(string pattern, string where)
    {
        if (pattern == Gpt2Scanner.Pattern) return new Gpt2Scanner();
        if (pattern == BloomScanner.Pattern) return new BloomScanner();
        return Llama3Scanner.For(pattern) is { } scanner ? scanner : CodePointPattern.Compile(pattern, where);
    }
}

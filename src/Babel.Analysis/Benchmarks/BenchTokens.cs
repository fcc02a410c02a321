using Babel.Analysis.Corpora;
using Babel.Model;

namespace Babel.Analysis.Benchmarks;

/// <summary>Tokens to run a model on: drawn from its vocabulary, the same every time.</summary>
internal static class BenchTokens
{
    /// <summary><paramref name="tokens"/> of them in sequences of <paramref name="length"/>, at least one.</summary>
    public static List<int[]> Draw(DecoderSpec spec, int tokens, int length)
    {
        ulong state = 1;
        int Next()
        {
            // Knuth's MMIX congruence; its high bits are good enough for ids.
            state = (state * 6364136223846793005) + 1442695040888963407;
            return (int)((state >> 33) % (ulong)spec.Vocabulary);
        }

        return [.. Enumerable.Range(0, Math.Max(1, tokens / length)).Select(_ => Enumerable.Range(0, length).Select(_ => Next()).ToArray())];
    }

    /// <summary>The same as documents of <paramref name="languages"/> languages by turns.</summary>
    public static List<TokenizedDocument> Documents(IReadOnlyList<int[]> sequences, int languages) =>
        [.. sequences.Select((ids, i) => new TokenizedDocument(new Document($"l{i % languages}", i / languages, ""), [ids]))];
}

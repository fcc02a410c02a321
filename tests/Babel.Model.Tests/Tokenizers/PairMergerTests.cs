using Babel.Model.Tokenizers.Bpe;
using Babel.Model.Tokenizers.Unigram;
using Xunit;

namespace Babel.Model.Tests.Tokenizers;

/// <summary>The inner machinery: merging two ways, and the trie.</summary>
public sealed class PairMergerTests
{
    [Fact]
    public void Run_ShortAndLongWay_GiveTheSameSymbols()
    {
        var random = new Random(1);
        for (var round = 0; round < 300; round++)
        {
            var pairs = RandomPairs(random, alphabet: 4, merges: 40, distinctRanks: round % 2 == 0);
            var word = Enumerable.Range(0, random.Next(1, 200)).Select(_ => random.Next(-1, 4)).ToArray();
            var (a, b) = (Filled(word), Filled(word));
            a.RunShort(pairs);
            b.RunLong(pairs, trace: null);
            Assert.Equal(a.Symbols.ToArray(), b.Symbols.ToArray());
        }
    }

    [Fact]
    public void Run_EqualRanks_LeftmostGoesFirst()
    {
        // aa -> b and no more: of three a's the first two merge.
        var pairs = new PairTable([KeyValuePair.Create((0, 0), new Merge(0, 1))]);
        var merger = Filled([0, 0, 0]);
        merger.Run(pairs);
        Assert.Equal([1, 0], merger.Symbols.ToArray());
    }

    [Fact]
    public void Trie_RandomKeys_AnswersLikeADictionary()
    {
        var random = new Random(2);
        var keys = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < 5000; i++) keys[string.Concat(Enumerable.Range(0, random.Next(1, 7)).Select(_ => (char)('a' + random.Next(6))))] = i;
        var trie = new ByteTrie(keys.Select(static k => KeyValuePair.Create(System.Text.Encoding.ASCII.GetBytes(k.Key), k.Value)));
        for (var i = 0; i < 20000; i++)
        {
            var word = string.Concat(Enumerable.Range(0, random.Next(1, 9)).Select(_ => (char)('a' + random.Next(7))));
            var bytes = System.Text.Encoding.ASCII.GetBytes(word);
            Assert.Equal(keys.GetValueOrDefault(word, -1), trie.Get(bytes));
            var longest = Enumerable.Range(0, word.Length + 1).Reverse().First(n => n == 0 || keys.ContainsKey(word[..n]));
            Assert.Equal(longest, trie.LongestPrefix(bytes, out _));
        }
    }

    [Fact]
    public void Trie_ExtremeBytes_AreFound()
    {
        var trie = new ByteTrie([KeyValuePair.Create(new byte[] { 0 }, 1), KeyValuePair.Create(new byte[] { 255, 0 }, 2), KeyValuePair.Create(new byte[] { 255, 255 }, 3)]);
        Assert.Equal(1, trie.Get([0]));
        Assert.Equal(2, trie.Get([255, 0]));
        Assert.Equal(3, trie.Get([255, 255]));
        Assert.Equal(-1, trie.Get([255]));
        Assert.Equal(-1, trie.Get([0, 0]));
    }

    private static PairMerger Filled(int[] word)
    {
        var merger = new PairMerger();
        foreach (var symbol in word) merger.Add(symbol);
        return merger;
    }

    // Merges of a real kind: what is made is a new symbol, and one pair makes one thing. Ranks may tie.
    private static PairTable RandomPairs(Random random, int alphabet, int merges, bool distinctRanks)
    {
        var list = new Dictionary<(int, int), Merge>();
        for (var i = 0; i < merges; i++)
        {
            var pair = (random.Next(alphabet + i), random.Next(alphabet + i));
            list.TryAdd(pair, new Merge(distinctRanks ? i : random.Next(5), alphabet + i));
        }

        return new PairTable(list);
    }
}

using Babel.Analysis.Selection;
using Xunit;

namespace Babel.Analysis.Tests.Selection;

public sealed class ComparativeTests
{
    // 100 tokens; neuron 0 is of aa, 1 of all, 2 of aa and bb, 3 of cc, 4 of nobody
    private static readonly long[] A = [80, 90, 60, 10, 0], B = [10, 90, 55, 12, 0], C = [20, 90, 5, 70, 0];

    [Fact]
    public void MarginToNext_HandCase()
    {
        var sets = Select(ComparativeRule.MarginToNext);
        Assert.Equal([(0, .6), (2, .05)], Rounded(sets.Of("aa")));
        Assert.Empty(sets.Of("bb").Neurons);
        Assert.Equal([(3, .58)], Rounded(sets.Of("cc")));
    }

    [Fact]
    public void MarginToMean_HandCase()
    {
        var sets = Select(ComparativeRule.MarginToMean);
        Assert.Equal([(0, .65), (2, .3)], Rounded(sets.Of("aa")));
        Assert.Equal([(2, .225)], Rounded(sets.Of("bb")));
    }

    [Fact]
    public void ZScore_HandCase()
    {
        var sets = Select(ComparativeRule.ZScore);
        Assert.Equal([(0, Math.Round(.65 / .07, 6)), (2, Math.Round(.3 / .27, 6))], Rounded(sets.Of("aa")));
    }

    [Theory]
    [InlineData(0.02, 82)]
    [InlineData(0.005, 20)]
    public void Select_Share_BoundsEverySet(double share, int size)
    {
        var stats = CountStats.Random(layers: 6, width: 688, languages: 8, seed: 1);
        var sets = ComparativeSelector.Select(stats, new ComparativeOptions { Share = share }).Sets;
        Assert.Equal(8, sets.Count);
        Assert.All(sets, s => Assert.Equal(size, s.Neurons.Count));
        Assert.Equal(8 * size, sets.SelectMany(s => s.Ids).Distinct().Count()); // only one language is above all others
    }

    [Fact]
    public void Select_OneLanguage_IsRefused() =>
        Assert.Throws<ArgumentException>(() => ComparativeSelector.Select(CountStats.Random(1, 4, 1, 1), new ComparativeOptions()));

    private static LanguageNeurons Select(ComparativeRule rule) => ComparativeSelector.Select(
        CountStats.Of(layers: 1, width: 5, tokens: 100, ("aa", A), ("bb", B), ("cc", C)), new ComparativeOptions { Rule = rule, Share = 0.4 });

    private static IEnumerable<(int, double)> Rounded(NeuronSet set) => set.Neurons.Select(n => (n.Id.Index, Math.Round(n.Score, 6)));
}

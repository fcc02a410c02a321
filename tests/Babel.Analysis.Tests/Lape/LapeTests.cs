using Babel.Analysis.Lape;
using Babel.Analysis.Selection;
using Babel.Analysis.Statistics;
using Babel.Analysis.Tests.Selection;
using Babel.Model;
using Xunit;

namespace Babel.Analysis.Tests.Lape;

public sealed class LapeTests
{
    [Theory]
    [InlineData(0.4583, .45, .01, .01, .01, .02)]
    [InlineData(1.0529, .18, .18, .02, .01, .01)]
    [InlineData(1.6094, .3, .3, .3, .3, .3)]
    [InlineData(0.0, .3, 0.0, 0.0)]
    [InlineData(0.0, 0.0, 0.0, 0.0)]
    public void Entropy_HandCases(double expected, params double[] p) => Assert.Equal(expected, LapeSelector.Entropy(p), 4);

    [Theory]
    [InlineData(1, 0.01)]
    [InlineData(2, 0.01)]
    [InlineData(3, 0.005)]
    [InlineData(4, 0.013)]
    public void Select_EqualQuantiles_UnionIsTheTopRate(int seed, double rate)
    {
        var stats = CountStats.Random(layers: 6, width: 688, languages: 5, seed);
        var sets = LapeSelector.Select(stats, new LapeOptions { TopRate = rate }).Sets;
        int expected = (int)Math.Round(rate * 6 * 688, MidpointRounding.ToEven);
        Assert.Equal(expected, sets.SelectMany(s => s.Ids).Distinct().Count());
        Assert.All(sets, s => Assert.Equal(s.Neurons.OrderByDescending(n => n.Score).Select(n => n.Score), s.Neurons.Select(n => n.Score)));
    }

    [Fact]
    public void Select_HandModel_GivesNeuronsToTheirLanguages()
    {
        // 10 neurons, 2 languages, 100 tokens each: 20 probabilities; the 0.7 quantile has rank 14.
        long[] a = [90, 80, 85, 1, 2, 3, 4, 5, 6, 7];
        long[] b = [2, 80, 1, 70, 2, 3, 4, 5, 6, 7];
        var stats = CountStats.Of(layers: 1, width: 10, tokens: 100, ("aa", a), ("bb", b));
        var options = new LapeOptions { TopRate = 0.3, FilterRate = 0.7, ActivationBarRatio = 0.7 };
        var sets = LapeSelector.Select(stats, options);
        Assert.Equal([2, 0], sets.Of("aa").Ids.Select(i => i.Index));
        Assert.Equal([3], sets.Of("bb").Ids.Select(i => i.Index));
        Assert.All(sets.Of("aa").Ids, id => Assert.Equal(NeuronPart.Down, id.Part));
    }

    [Fact]
    public void Select_DeadNeurons_AreNeverTaken()
    {
        long[] counts = new long[50];
        counts[7] = 9;
        var stats = CountStats.Of(layers: 1, width: 50, tokens: 10, ("aa", counts), ("bb", new long[50]));
        var sets = LapeSelector.Select(stats, new LapeOptions { TopRate = 0.5 });
        Assert.Equal([7], sets.Of("aa").Ids.Select(i => i.Index));
        Assert.Empty(sets.Of("bb").Neurons);
    }
}

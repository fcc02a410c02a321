using Babel.Analysis.Ablation;
using Babel.Model;
using Babel.Model.Errors;
using Xunit;

namespace Babel.Analysis.Tests.Ablation;

public sealed class RandomControlsTests
{
    private static readonly NeuronId[] Selected =
    [
        .. Enumerable.Range(0, 20).Select(i => new NeuronId(0, NeuronPart.Down, i * 2)),
        .. Enumerable.Range(10, 5).Select(i => new NeuronId(2, NeuronPart.Gate, i)),
        .. Enumerable.Range(10, 7).Select(i => new NeuronId(2, NeuronPart.Up, i)), // five of them the same units as the gates
        new(1, NeuronPart.K, 0), new(1, NeuronPart.K, 7), new(1, NeuronPart.O, 15), new(1, NeuronPart.Q, 3),
    ];

    [Fact]
    public void Draw_AnySeed_MatchesCountsAndAvoidsTheSet()
    {
        var spec = Specs.Shape();
        for (long seed = -3; seed < 40; seed++)
        {
            var drawn = RandomControls.Draw(spec, Selected, seed, "de");
            var counts = drawn.GroupBy(n => (n.Layer, n.Part)).ToDictionary(g => g.Key, g => g.Count());
            Assert.Equal(
                [((0, NeuronPart.Down), 20), ((1, NeuronPart.Q), 1), ((1, NeuronPart.K), 2), ((1, NeuronPart.O), 1), ((2, NeuronPart.Down), 7)],
                counts.OrderBy(c => c.Key.Layer).ThenBy(c => c.Key.Part).Select(c => (c.Key, c.Value)));
            Assert.Equal(drawn.Count, drawn.Distinct().Count());
            Assert.All(drawn, n => Assert.InRange(n.Index, 0, spec.NeuronCount(n.Part) - 1));
            var off = NeuronMask.Off(Specs.Small(), Selected);
            foreach (var site in off.Sites)
            {
                float[] theirs = off.Scale(site.Site, site.Layer)!, ours = NeuronMask.Off(Specs.Small(), drawn).Scale(site.Site, site.Layer)!;
                Assert.Equal(theirs.Count(s => s == 0), ours.Count(s => s == 0));
                Assert.All(theirs.Zip(ours), p => Assert.True(p.First + p.Second >= 1, "a selected neuron is in its control"));
            }
        }
    }

    [Fact]
    public void Draw_SameSeed_SameSet_OtherwiseDifferent()
    {
        var spec = Specs.Shape();
        var first = RandomControls.Draw(spec, Selected, 1, "de");
        Assert.Equal(first, RandomControls.Draw(spec, Selected.Reverse(), 1, "de"));
        Assert.NotEqual(first, RandomControls.Draw(spec, Selected, 2, "de"));
        Assert.NotEqual(first, RandomControls.Draw(spec, Selected, 1, "fr"));
        // A layer's control does not depend on the other layers.
        var withoutLayer2 = RandomControls.Draw(spec, Selected.Where(n => n.Layer < 2), 1, "de");
        Assert.Equal(first.Where(n => n.Layer < 2), withoutLayer2);
    }

    [Fact]
    public void Draw_ManySeeds_IsUniformOverTheFreeNeuronsAndTheirPairs()
    {
        // 3 of the 7 free neurons of 10: each with probability 3/7, each pair with 3*2/(7*6) = 1/7.
        NeuronId[] set = [new(1, NeuronPart.Down, 0), new(1, NeuronPart.Down, 4), new(1, NeuronPart.Down, 9)];
        const int Draws = 14_000;
        var single = new int[10];
        var pair = new int[10, 10];
        for (int seed = 0; seed < Draws; seed++)
        {
            int[] drawn = [.. RandomControls.Draw(Specs.Shape(10), set, seed, "x").Select(n => n.Index)];
            foreach (int a in drawn)
            {
                single[a]++;
                foreach (int b in drawn) pair[a, b]++;
            }
        }

        int[] free = [1, 2, 3, 5, 6, 7, 8];
        foreach (int a in free)
        {
            AssertBinomial(single[a], Draws, 3.0 / 7);
            foreach (int b in free.Where(b => b != a)) AssertBinomial(pair[a, b], Draws, 1.0 / 7);
        }

        Assert.Equal(0, single[0] + single[4] + single[9]);
    }

    [Fact]
    public void Draw_MoreThanHalfSelected_SaysSo()
    {
        var set = Enumerable.Range(0, 26).Select(i => new NeuronId(1, NeuronPart.Down, i));
        var error = Assert.Throws<ModelInputException>(() => RandomControls.Draw(Specs.Shape(), set, 1, "de"));
        Assert.Contains("24 of 50", error.Message, StringComparison.Ordinal);
    }

    private static void AssertBinomial(int count, int draws, double p) =>
        Assert.InRange(count, draws * p - 5 * Math.Sqrt(draws * p * (1 - p)), draws * p + 5 * Math.Sqrt(draws * p * (1 - p)));
}

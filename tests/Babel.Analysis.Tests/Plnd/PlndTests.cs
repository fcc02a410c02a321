using Babel.Analysis.Errors;
using Babel.Analysis.Plnd;
using Babel.Analysis.Statistics;
using Babel.Analysis.Tests.Statistics;
using Babel.Model;
using Xunit;

namespace Babel.Analysis.Tests.Plnd;

public sealed class PlndTests
{
    [Fact]
    public void CountHits_EveryK_MatchesSorting()
    {
        var random = new Random(2);
        for (int n = 1; n < 40; n++)
        {
            float[] row = [.. Enumerable.Range(0, n).Select(_ => (float)random.Next(0, 12))]; // many ties
            for (int k = 0; k <= n + 1; k++)
            {
                var hits = new int[n];
                TopK.CountHits(row, k, new float[n], hits);
                var expected = Enumerable.Range(0, n).OrderByDescending(i => row[i]).ThenBy(i => i).Take(k).Order();
                Assert.Equal(expected, Enumerable.Range(0, n).Where(i => hits[i] == 1));
                Assert.All(hits, h => Assert.InRange(h, 0, 1));
            }
        }
    }

    [Theory]
    [InlineData(1.0)]
    [InlineData(0.6)]
    [InlineData(0.2)]
    public void Select_TopK_MatchesTheDefinition(double hitRate)
    {
        var stats = SyntheticStats.Of("de", 0, 1, 2, 3, 4);
        var options = new PlndOptions { TopFfn = 4, TopAttention = 5, HitRate = hitRate };
        var set = PlndSelector.Select(stats, options).Of("de");
        var expected = new List<NeuronId>();
        foreach (var part in new[] { NeuronPart.Down, NeuronPart.Q, NeuronPart.K, NeuronPart.V, NeuronPart.O })
        {
            var importance = stats.Of("de").ImportanceOf(ImportanceForms.Exact, part);
            for (int layer = 0; layer < 2; layer++)
            {
                int top = part == NeuronPart.Down ? 4 : 5;
                var hits = Enumerable.Range(0, 5)
                    .SelectMany(d =>
                    {
                        float[] row = importance.Values(layer, d).ToArray();
                        return Enumerable.Range(0, row.Length).OrderByDescending(k => row[k]).Take(top);
                    })
                    .GroupBy(k => k);
                expected.AddRange(hits.Where(g => g.Count() >= Math.Ceiling(hitRate * 5)).Select(g => new NeuronId(layer, part, g.Key)));
            }
        }

        Assert.Equal(expected.Order(), set.Ids.Order());
        Assert.Equal(set.Neurons.OrderByDescending(n => n.Hits).ThenByDescending(n => n.MeanImportance).ThenBy(n => n.Id), set.Neurons);
    }

    [Fact]
    public void Select_HitRateOne_IsContainedInLowerRates()
    {
        var stats = SyntheticStats.Of("de", 0, 1, 2, 3, 4, 5, 6);
        HashSet<NeuronId> Set(double rate) => [.. PlndSelector.Select(stats, new PlndOptions { TopFfn = 5, TopAttention = 8, HitRate = rate }).Of("de").Ids];
        Assert.ProperSubset(Set(0.5), Set(1));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Select_Threshold_IsTheLeastOverDocuments(bool normalise)
    {
        var stats = SyntheticStats.Of("de", 0, 1, 2);
        var options = new PlndOptions { Threshold = normalise ? 0.4 : 2, NormaliseByLength = normalise, Parts = [NeuronPart.Down] };
        var language = stats.Of("de");
        var importance = language.ImportanceOf(ImportanceForms.Exact, NeuronPart.Down);
        var expected =
            from layer in Enumerable.Range(0, 2)
            from k in Enumerable.Range(0, 7)
            where Enumerable.Range(0, 3).All(d =>
                importance.Values(layer, d)[k] / (normalise ? Math.Sqrt(language.Documents[d].Tokens) : 1) >= options.Threshold)
            select new NeuronId(layer, NeuronPart.Down, k);
        var found = PlndSelector.Select(stats, options).Of("de").Ids.Order().ToList();
        Assert.Equal(expected, found);
        Assert.InRange(found.Count, 1, 13);
    }

    [Fact]
    public void StoredRow_MapsEveryExpandedIndexToItsHead()
    {
        var shape = SyntheticStats.Shape; // 4 query heads, 2 key heads, d = 3
        int[] rows = [.. Enumerable.Range(0, 12).Select(i => PlndSelector.StoredRow(shape, i))];
        Assert.Equal([0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5], rows);
    }

    [Fact]
    public void Select_Repo_MapsKvToStoredRowsOrToTheReleasedOnes()
    {
        var stats = SyntheticStats.Of("de", 0, 1);
        var all = new PlndOptions { Form = ImportanceForms.Repo, TopFfn = 7, TopAttention = 12 };
        var set = PlndSelector.Select(stats, all).Of("de");
        Assert.Equal(2 * (7 + 7 + 12 + 6 + 6), set.Neurons.Count);
        var quirk = PlndSelector.Select(stats, all with { RepoKvIndex = true }).Of("de");
        Assert.Equal([0, 1, 2], quirk.Ids.Where(i => i is { Layer: 0, Part: NeuronPart.K }).Select(i => i.Index).Order());
        Assert.Throws<ArgumentException>(() => PlndSelector.Select(stats, new PlndOptions { RepoKvIndex = true }));
    }

    [Fact]
    public void Select_OverlapRules_TakeAwayWhatTheySay()
    {
        var stats = NeuronStats.Merge(SyntheticStats.Of("de", 0), SyntheticStats.Of("en", 0), SyntheticStats.Of("fi", 0));
        var options = new PlndOptions { TopFfn = 5, TopAttention = 8 };
        HashSet<NeuronId> Set(OverlapRule rule, string language) => [.. PlndSelector.Select(stats, options with { Overlap = rule }).Of(language).Ids];
        HashSet<NeuronId> de = Set(OverlapRule.Keep, "de"), en = Set(OverlapRule.Keep, "en"), fi = Set(OverlapRule.Keep, "fi");
        Assert.Equal(de.Except(en).Order(), Set(OverlapRule.MinusEnglish, "de").Order());
        Assert.Equal(en.Order(), Set(OverlapRule.MinusEnglish, "en").Order());
        var common = de.Intersect(en).Intersect(fi).ToHashSet();
        Assert.NotEmpty(common);
        Assert.Equal(de.Except(common).Order(), Set(OverlapRule.MinusCommon, "de").Order());
        Assert.Equal(en.Except(common).Order(), Set(OverlapRule.MinusCommon, "en").Order());
        Assert.Throws<ArgumentException>(() => PlndSelector.Select(SyntheticStats.Of("de", 0), options with { Overlap = OverlapRule.MinusEnglish }));
    }

    [Fact]
    public void Select_FormThatWasNotStored_IsNamed()
    {
        var stats = SyntheticStats.Of(SyntheticStats.Header(new StatisticsOptions { Importance = ImportanceForms.Exact }), "de", 0);
        var error = Assert.Throws<StoreCorruptException>(() => PlndSelector.Select(stats, new PlndOptions { Form = ImportanceForms.Repo }));
        Assert.Contains("Repo", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Select_WhatWasNotStored_IsNamed()
    {
        var header = SyntheticStats.Header(new StatisticsOptions());
        var stats = SyntheticStats.Of(header, "de", 0);
        var error = Assert.Throws<StoreCorruptException>(() => PlndSelector.Select(stats, new PlndOptions { Parts = [NeuronPart.Q] }));
        Assert.Contains("Exact importance of Q", error.What, StringComparison.Ordinal);
        Assert.DoesNotContain(PlndSelector.Select(stats, new PlndOptions()).Of("de").Ids, i => i.Part is NeuronPart.Q or NeuronPart.K);
    }
}

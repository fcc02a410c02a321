using Babel.Analysis.Statistics;
using Babel.Model;

namespace Babel.Analysis.Tests.Selection;

/// <summary>Statistics that hold only how often gates were on.</summary>
internal static class CountStats
{
    public static NeuronStats Of(int layers, int width, int tokens, params (string Language, long[] Counts)[] languages)
    {
        var header = new StatsHeader
        {
            Model = "model",
            Tokenizer = "tokenizer",
            Shape = new ModelShape(layers, width, 2, 2, 4, GatedFfn: true),
            Context = 64,
            Options = new StatisticsOptions { Parts = [NeuronPart.Gate], Importance = ImportanceForms.None },
            Producers = [],
        };
        return new NeuronStats(header, languages.Select(l =>
        {
            var sums = new TapSums(layers, width);
            for (int layer = 0; layer < layers; layer++) l.Counts.AsSpan(layer * width, width).CopyTo(sums.Count.Write(layer));
            return new LanguageStats(
                l.Language,
                [new StatsDocument(0, tokens, new string('0', 64))],
                new Dictionary<NeuronPart, TapSums> { [NeuronPart.Gate] = sums },
                new Dictionary<ImportanceKey, ImportanceStats>());
        }));
    }

    public static NeuronStats Random(int layers, int width, int languages, int seed)
    {
        var random = new Random(seed);
        return Of(layers, width, 1_000_000, [.. Enumerable.Range(0, languages).Select(l => (
            $"l{(char)('a' + l)}",
            Enumerable.Range(0, layers * width).Select(_ => (long)(1_000_000 * Math.Pow(random.NextDouble(), 3))).ToArray()))]);
    }
}

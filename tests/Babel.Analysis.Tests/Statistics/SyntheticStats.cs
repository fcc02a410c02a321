using System.Security.Cryptography;
using System.Text;
using Babel.Analysis.Statistics;
using Babel.Model;

namespace Babel.Analysis.Tests.Statistics;

/// <summary>Statistics made up document by document: what a document adds depends on its language and index alone.</summary>
internal static class SyntheticStats
{
    public static readonly ModelShape Shape = new(Layers: 2, FfnWidth: 7, Heads: 4, KvHeads: 2, HeadDim: 3, GatedFfn: true);

    public static StatsHeader Header(StatisticsOptions? options = null) => new()
    {
        Model = "model",
        Tokenizer = "tokenizer",
        Shape = Shape,
        Context = 128,
        Options = options ?? new StatisticsOptions { Importance = ImportanceForms.Both, QkImportance = ImportanceForms.Both },
        Producers = ["babel test"],
    };

    public static NeuronStats Of(string language, params int[] indices) => Of(Header(), language, indices);

    public static NeuronStats Of(StatsHeader header, string language, params int[] indices)
    {
        var shape = header.Shape;
        var documents = new List<StatsDocument>();
        var sums = header.Options.PartsOf(shape).ToDictionary(p => p, p => new TapSums(shape.Layers, shape.NeuronCount(p)));
        var importance = header.Options.Keys().ToDictionary(
            k => k, k => new ImportanceStats(shape.Layers, k.Width(shape), indices.Length, header.Options.KeepDocuments));
        for (int d = 0; d < indices.Length; d++)
        {
            var random = new Random(HashCode.Combine(indices[d], language.Length, (int)language[0]));
            int tokens = random.Next(1, 40);
            byte[] digest = SHA256.HashData(Encoding.UTF8.GetBytes($"{language}{indices[d]}"));
            documents.Add(new StatsDocument(indices[d], tokens, Convert.ToHexStringLower(digest)));
            foreach (var part in sums.Values) AddTokens(part, tokens, random);
            foreach (var stats in importance.Values) AddDocument(stats, d, random);
        }

        return new NeuronStats(header, [new LanguageStats(language, documents, sums, importance)]);
    }

    private static void AddTokens(TapSums sums, int tokens, Random random)
    {
        for (int i = 0; i < sums.Layers * sums.Width; i++)
        {
            int layer = i / sums.Width, k = i % sums.Width;
            double[] values = [.. Enumerable.Range(0, tokens).Select(_ => (double)(float)((random.NextDouble() - 0.6) * Math.Pow(10, random.Next(-8, 6))))];
            sums.Count.Write(layer)[k] += values.Count(v => v > 0);
            sums.Sum.Write(layer)[k] += FixedPoint.FromDouble(values.Sum());
            sums.SumAbs.Write(layer)[k] += FixedPoint.FromDouble(values.Sum(Math.Abs));
            sums.SumSquares.Write(layer)[k] += FixedPoint.FromDouble(values.Sum(v => v * v));
            float max = sums.Max.Read(layer)[k];
            sums.Max.Write(layer)[k] = Math.Max(max, (float)values.Max());
        }
    }

    private static void AddDocument(ImportanceStats stats, int document, Random random)
    {
        for (int layer = 0; layer < stats.Layers; layer++)
            stats.Set(layer, document, [.. Enumerable.Range(0, stats.Width).Select(_ => random.NextSingle() * 10)]);
    }
}

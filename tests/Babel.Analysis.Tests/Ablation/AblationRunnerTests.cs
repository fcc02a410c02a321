using Babel.Analysis.Ablation;
using Babel.Analysis.Runs;
using Babel.Analysis.Scoring;
using Babel.Model;
using Xunit;

namespace Babel.Analysis.Tests.Ablation;

/// <summary>The bookkeeping of an ablation, with a model that is a formula: a document's NLL rises by what its neurons are worth.</summary>
public sealed class AblationRunnerTests
{
    private static readonly string[] Languages = ["ar", "de", "zh"];

    private static readonly EvaluatedDocument[] Documents =
    [
        .. from l in Enumerable.Range(0, 3) from d in Enumerable.Range(0, 4 + l) select new EvaluatedDocument(Languages[l], d, 5 + d * 3, 20 + d * 9),
    ];

    private static readonly AblationSet[] Sets =
        [.. Languages.Select((name, l) => new AblationSet(name, [.. Enumerable.Range(l * 3, 3).Select(i => new NeuronId(l, NeuronPart.Down, i))]))];

    private int _passes;

    [Fact]
    public void Run_KnownEffects_GivesTheMatrixItsErrorsAndControls()
    {
        var result = Runner(null).Run(Sets, new AblationOptions { Controls = 4, Seed = 7 });

        Assert.Equal(1 + 3 + 3 * 4, _passes);
        Assert.Equal([7, 8, 9, 10], result.Seeds);
        double[] baseline = Pass(null);
        for (int s = 0; s < 3; s++)
        {
            var row = result.Rows[s];
            Assert.Equal(3, row.Neurons);
            double[] ablated = Pass(NeuronMask.Off(Specs.Small(), Sets[s].Neurons));
            for (int l = 0; l < 3; l++)
            {
                var cell = row.Cells[l];
                int[] own = [.. Enumerable.Range(0, Documents.Length).Where(i => Documents[i].Language == Languages[l])];
                double tokens = own.Sum(i => (double)Documents[i].Tokens), change = own.Sum(i => ablated[i] - baseline[i]);
                Assert.Equal(change / tokens, cell.Delta.Nll.Value, 13);
                double spread = own.Sum(i => Math.Pow(ablated[i] - baseline[i] - change / tokens * Documents[i].Tokens, 2));
                Assert.Equal(Math.Sqrt(spread * own.Length / (own.Length - 1)) / tokens, cell.Delta.Nll.StandardError, 13);
                Assert.Equal(change / own.Sum(i => baseline[i]), cell.Delta.Relative.Value, 13);
                double was = own.Sum(i => baseline[i]) / tokens;
                Assert.Equal(Math.Exp(was + change / tokens) - Math.Exp(was), cell.Delta.Perplexity.Value, 10);
                AssertControls(cell, s, l, result.Seeds, baseline);
            }

            double others = row.Cells.Where(c => c.Language != row.Set).Average(c => c.Delta.Nll.Value);
            Assert.Equal(row.Own!.Delta.Nll.Value / others, row.Selectivity, 12);
        }
    }

    [Fact]
    public void Perplexity_ErrorOfItsChange_MatchesTheJackknife()
    {
        // The linearised error against a delete-one jackknife of the statistic itself, on many documents.
        var random = new Random(3);
        EvaluatedDocument[] documents = [.. Enumerable.Range(0, 400).Select(i => new EvaluatedDocument("x", i, random.Next(10, 60), 100))];
        double[] before = [.. documents.Select(d => d.Tokens * (2 + 0.4 * random.NextDouble()))];
        double[] after = [.. before.Select((v, i) => v + documents[i].Tokens * (0.3 + 0.5 * random.NextDouble()))];
        double error = ScoreTable.Deltas(documents, before, after).Single().Perplexity.StandardError;

        double[] left = [.. Enumerable.Range(0, documents.Length).Select(skip =>
        {
            double x = 0, b = 0, a = 0;
            for (int i = 0; i < documents.Length; i++)
            {
                if (i == skip) continue;
                x += documents[i].Tokens;
                b += before[i];
                a += after[i];
            }

            return Math.Exp(a / x) - Math.Exp(b / x);
        })];
        double n = left.Length, mean = left.Average();
        double jackknife = Math.Sqrt((n - 1) / n * left.Sum(v => (v - mean) * (v - mean)));
        Assert.InRange(error / jackknife, 0.98, 1.02);
    }

    [Fact]
    public void Run_InterruptedAfterEveryPass_GoesOnWithoutRepeatingOne()
    {
        var options = new AblationOptions { Controls = 2 };
        string expected = Describe(Runner(null).Run(Sets, options));
        int all = _passes;
        for (int stop = 0; stop <= all; stop++)
        {
            using var folder = new TemporaryFolder();
            _passes = 0;
            using (var journal = Journal.Open(folder.File("j")))
            using (var cancel = new CancellationTokenSource())
            {
                void Progress(AblationProgress p)
                {
                    if (p.PassesDone == stop) cancel.Cancel();
                }

                if (stop < all) Assert.Throws<OperationCanceledException>(() => Runner(journal).Run(Sets, options, Progress, cancel.Token));
                else Runner(journal).Run(Sets, options, Progress, cancel.Token);
                Assert.Equal(stop, journal.Count);
            }

            using (var journal = Journal.Open(folder.File("j")))
            {
                var seen = new List<AblationProgress>();
                Assert.Equal(expected, Describe(Runner(journal).Run(Sets, options, seen.Add)));
                Assert.Equal(all, _passes);
                Assert.Equal(stop, seen[0].PassesDone);
                Assert.Equal((all - stop) * 100L, seen[0].Rows);
            }
        }
    }

    [Fact]
    public void Run_SameSetTwice_AndEmptySet_CostNoPass()
    {
        AblationSet[] sets = [new("ar", Sets[0].Neurons), new("de", [.. Sets[0].Neurons.Select(n => n with { Part = NeuronPart.Up })]), new("zh", [])];
        var result = Runner(null).Run(sets, new AblationOptions { Controls = 0 });
        Assert.Equal(2, _passes);
        Assert.Equal(result.Rows[0].Cells.Select(c => c.Delta), result.Rows[1].Cells.Select(c => c.Delta));
        Assert.All(result.Rows[2].Cells, c => Assert.Equal(0, c.Delta.Nll.Value));
        Assert.True(double.IsNaN(result.Rows[0].Cells[0].Z));
    }

    [Theory]
    [InlineData(0.5, 0.1, 0.1, 5)]
    [InlineData(0.5, -0.1, 0.1, double.PositiveInfinity)]
    [InlineData(0.5, -0.3, 0.1, double.PositiveInfinity)]
    [InlineData(-0.5, -0.3, 0.1, double.NaN)]
    [InlineData(-0.5, 0.3, 0.2, -2)]
    public void Selectivity_SignsOfOthers_AreTold(double own, double b, double c, double expected)
    {
        var cells = new[] { ("a", own), ("b", b), ("c", c) }.Select(p => new AblationCell(
            new LanguageDelta(p.Item1, new RatioEstimate(p.Item2, 0.01), default, default), [])).ToList();
        Assert.Equal(expected, new AblationRow("a", 3, cells).Selectivity, 12);
    }

    private static void AssertControls(AblationCell cell, int set, int language, IReadOnlyList<long> seeds, double[] baseline)
    {
        var values = seeds.Select(seed =>
        {
            double[] pass = Pass(NeuronMask.Off(Specs.Small(), RandomControls.Draw(Specs.Shape(), Sets[set].Neurons, seed, Sets[set].Name)));
            int[] own = [.. Enumerable.Range(0, Documents.Length).Where(i => Documents[i].Language == Languages[language])];
            return own.Sum(i => pass[i] - baseline[i]) / own.Sum(i => (double)Documents[i].Tokens);
        }).ToArray();
        for (int i = 0; i < values.Length; i++) Assert.Equal(values[i], cell.Controls[i], 13);
        double mean = values.Average(), sd = Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / (values.Length - 1));
        Assert.Equal(mean, cell.ControlMean, 13);
        Assert.Equal(sd, cell.ControlDeviation, 13);
        if (sd > 0) Assert.Equal((cell.Delta.Nll.Value - mean) / sd, cell.Z, 8);
    }

    private AblationRunner Runner(Journal? journal) => new(
        Specs.Shape(), Documents,
        (units, report, ct) =>
        {
            ct.ThrowIfCancellationRequested();
            double[] nll = Pass(units.Count == 0 ? null : NeuronMask.Off(Specs.Small(), units));
            _passes++;
            report(100);
            return nll;
        },
        rows: 100, identity: "formula", journal);

    private static double[] Pass(NeuronMask? mask) => [.. Documents.Select((d, i) =>
    {
        int language = Array.IndexOf(Languages, d.Language);
        double worth = 2.5 + 0.1 * Math.Sin(i);
        for (int layer = 0; layer < 3; layer++)
        {
            float[]? scale = mask?.Scale(Site.MlpPost, layer);
            for (int k = 0; scale is not null && k < scale.Length; k++)
            {
                bool own = layer == language && k / 3 == language;
                worth += (1 - scale[k]) * (own ? 0.8 + 0.05 * Math.Cos(i) : 0.01 + 0.002 * Math.Sin(k + i));
            }
        }

        return worth * d.Tokens;
    })];

    private static string Describe(AblationResult result) => string.Join('\n', result.Rows.SelectMany(r => r.Cells.Select(c =>
        $"{r.Set} {r.Neurons} {c.Delta} {string.Join(' ', c.Controls.Select(v => v.ToString("R")))}"))) + string.Join('\n', result.Baseline);
}

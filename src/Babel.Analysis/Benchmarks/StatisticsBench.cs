using Babel.Analysis.Corpora;
using Babel.Analysis.Planning;
using Babel.Analysis.Statistics;
using Babel.Kernels;
using Babel.Kernels.Diagnostics.Bench;
using Babel.Model;

namespace Babel.Analysis.Benchmarks;

/// <summary>Measures what ablation and statistics add to a forward pass, each between two plain ones.</summary>
public static class StatisticsBench
{
    private const int OneInFifty = 50;
    private static readonly HashSet<Site> s_sites = [Site.MlpPre, Site.MlpUp, Site.MlpPost, Site.Q, Site.K, Site.V, Site.Z];

    /// <summary>Measures.</summary>
    /// <param name="model">The model.</param>
    /// <param name="ceilings">Of its device, measured in the same run.</param>
    /// <param name="tokens">N, tokens of a batch, about.</param>
    /// <param name="length">T, tokens of a sequence.</param>
    /// <param name="seconds">For all together, about.</param>
    /// <param name="ct">Looked at between layers.</param>
    public static StatisticsMeasurement Measure(
        BenchModel model, DeviceCeilings ceilings, int tokens, int length, double seconds, CancellationToken ct = default)
    {
        var language = model.Model;
        var sequences = BenchTokens.Draw(language.Spec, tokens, length);
        using var batch = Batch.Pack(language, sequences);
        var sink = new Unread();
        Action Forward(ProbePlan plan) => () =>
        {
            language.Run(batch, ForwardOutput.None, plan, sink, ct);
            language.Device.Synchronize();
        };
        Action Collect(ImportanceForms qk)
        {
            // Two documents more than are read, so that a sequence read twice is not all there is: a batch in the middle of a corpus, after which nothing is finished.
            var documents = BenchTokens.Documents([.. sequences, sequences[0], sequences[0]], languages: 2);
            var collector = new StatisticsCollector(language, new StatisticsOptions { QkImportance = qk }, documents);
            var windows = Batching.ByLength(documents.SkipLast(2), int.MaxValue).Single();
            return () => collector.Run([windows], ct: ct);
        }

        // Statistics want no vocabulary, and so their measure is the forward that stops before it: the shorter one.
        var every = new ProbePlan { Statistics = s_sites, ValueScores = true };
        var race = new PairedRace();
        race.Run(
            seconds,
            Forward(ProbePlan.None),
            Forward(new ProbePlan { Ablation = Off(language.Spec) }),
            Forward(new ProbePlan { Statistics = new HashSet<Site> { Site.MlpPost } }),
            Forward(every),
            Collect(ImportanceForms.None),
            Forward(every with { QkScores = QkScoreForm.Exact }),
            Collect(ImportanceForms.Exact));
        var cost = ForwardCost.Of(language.Spec, length);
        double gflops = (cost.Products + cost.Attention) * batch.Tokens / race.Basis.Median / 1e9;
        return new StatisticsMeasurement
        {
            Model = model.Name,
            Storage = model.Storage,
            Tokens = batch.Tokens,
            Length = length,
            Plain = race.Basis,
            OfPeak = gflops / ceilings.Gflops,
            Ablated = race.Ratio(0),
            Neurons = race.Ratio(1),
            Every = race.Ratio(2),
            Collected = race.Ratio(3),
            WithQk = race.Ratio(4),
            CollectedWithQk = race.Ratio(5),
        };
    }

    private static NeuronMask Off(DecoderSpec spec) => NeuronMask.Off(
        spec,
        Enumerable.Range(0, spec.Layers)
            .SelectMany(l => Enumerable.Range(0, spec.FfnWidth / OneInFifty).Select(k => new NeuronId(l, NeuronPart.Down, k * OneInFifty))));

    private sealed class Unread : IProbeSink
    {
        public void OnLayer(int layer, LayerProbe probe)
        {
        }

        public void OnCapture(SiteRef site, TensorView values)
        {
        }
    }
}

using Babel.Analysis.Planning;
using Babel.Analysis.Statistics;
using Babel.Kernels;
using Babel.Kernels.Diagnostics.Bench;
using Babel.Model;

namespace Babel.Analysis.Benchmarks;

/// <summary>Measures what ablation and statistics add to a forward pass, by turns with the plain one.</summary>
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
        Action Forward(ProbePlan plan, ForwardOutput output = ForwardOutput.LogProbs) => () =>
        {
            language.Run(batch, output, plan, sink, ct);
            language.Device.Synchronize();
        };
        Action Collect(ImportanceForms qk)
        {
            // One document more than is read: a batch in the middle of a corpus, after which nothing is finished.
            var documents = BenchTokens.Documents([.. sequences, sequences[0]], languages: 2);
            var collector = new StatisticsCollector(language, new StatisticsOptions { QkImportance = qk }, documents);
            var windows = documents.SkipLast(1).Select(d => new Corpora.BatchWindow(d, 0)).ToList();
            return () => collector.Run([windows], ct: ct);
        }

        var every = new ProbePlan { Statistics = s_sites, ValueScores = true };
        var race = new Race { Warmups = 0, LeastRounds = 3 };
        race.Run(
            seconds,
            Forward(ProbePlan.None),
            Forward(new ProbePlan { Ablation = Off(language.Spec) }),
            Forward(new ProbePlan { Statistics = new HashSet<Site> { Site.MlpPost } }),
            Forward(every),
            Collect(ImportanceForms.None),
            Forward(every with { QkScores = QkScoreForm.Exact }),
            Collect(ImportanceForms.Exact),

            // A statistics pass wants no log-probabilities: its measure is the forward that computes none either.
            Forward(ProbePlan.None, ForwardOutput.None));
        double gflops = ForwardCost.Of(language.Spec, length).Total * batch.Tokens / race.Time(0).Median / 1e9;
        return new StatisticsMeasurement
        {
            Model = model.Name,
            Storage = model.Storage,
            Tokens = batch.Tokens,
            Length = length,
            Plain = race.Time(0),
            OfPeak = gflops / ceilings.Gflops,
            Ablated = race.Ratio(1, 0),
            Neurons = race.Ratio(2, 0),
            Every = race.Ratio(3, 0),
            Collected = race.Ratio(4, 7),
            WithQk = race.Ratio(5, 0),
            CollectedWithQk = race.Ratio(6, 7),
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

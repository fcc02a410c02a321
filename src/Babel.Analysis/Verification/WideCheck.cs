using System.Diagnostics;
using Babel.Kernels;
using Babel.Model;
using Babel.Model.RandomModels;

namespace Babel.Analysis.Verification;

/// <summary>
/// A layer as wide as those of real models: a short sequence is held against float64, and then has to have the same bits in a batch so large that a device takes
/// its largest tiles. So what only large batches use is proven by what was compared, without a float64 pass over them.
/// </summary>
internal static class WideCheck
{
    private const int Short = 24;
    private const int Length = 129;
    private const int Sequences = 17;

    /// <summary>
    /// Sums of 4096 products are off by more than those of a hundred, and by most where a unit cuts them off instead of rounding them, as tensor cores are known to: 256 sums
    /// of 16 products each, half a unit in the last place too small every time, come to about 2^-17.
    /// </summary>
    private const double OfLongSums = 8;

    /// <summary>One of each kind of product.</summary>
    public static IReadOnlyList<CheckedModel> Models { get; } =
        [CheckedModel.Drawn("wide bf16", Shape(DType.BF16)), CheckedModel.Drawn("wide f32", Shape(DType.F32))];

    /// <summary>Hidden states and statistics against float64, and the bits in both batches.</summary>
    public static IReadOnlyList<ModelCheckResult> Run(CheckedModel wide, Device device, Device reference, CancellationToken ct)
    {
        double bound = Math.Min(OfLongSums * ModelCheck.BoundOf(device.Precision), ModelCheck.BoundOf(Precision.Fast));
        var (expected, _) = Read(wide, reference, [Short], ct);
        var (alone, aloneTime) = Read(wide, device, [Short], ct);
        var (together, time) = Read(wide, device, [Short, .. Enumerable.Repeat(Length, Sequences)], ct);
        double worst = 0;
        string? failure = null;
        int differ = 0, all = 0;
        for (int i = 0; i < expected.Count; i++)
        {
            var (error, wrong) = ModelCheck.Compare(expected[i].Name, expected[i].Values, alone[i].Values, bound);
            worst = Math.Max(worst, error);
            failure ??= wrong;
            all += alone[i].Values.Length;
            differ += alone[i].Values.Zip(together[i].Values).Count(v => !v.First.Equals(v.Second));
        }

        return
        [
            new ModelCheckResult(wide.Name, "hidden states, statistics", worst, bound, aloneTime, failure),
            new ModelCheckResult(
                wide.Name, "bits in a large batch", (double)differ / all, 0, time,
                differ == 0 ? null : $"{differ} of {all} numbers of a sequence change when {Sequences} others of {Length} tokens are with it"),
        ];
    }

    private static RandomModelShape Shape(DType weights) => new()
    {
        ModelWidth = 1024, Layers = 1, Heads = 8, KvHeads = 2, FfnWidth = 4096, Vocabulary = 256, Weights = weights,
    };

    /// <summary>What concerns the first sequence of a batch.</summary>
    private static (List<(string Name, double[] Values)> Values, double Milliseconds) Read(CheckedModel wide, Device device, int[] lengths, CancellationToken ct)
    {
        using var model = wide.Open(device, ct);
        using var batch = Batch.Pack(model, [.. lengths.Select((length, s) => Enumerable.Range(0, length).Select(t => ((s * 31) + (t * 7)) % model.Spec.Vocabulary).ToArray())]);
        var sink = new FirstSequence(device);
        var plan = new ProbePlan
        {
            Captures = new HashSet<SiteRef> { new(Site.Z, 0), new(Site.MlpPost, 0), new(Site.ResidPost, 0) },
            Statistics = new HashSet<Site> { Site.MlpPost, Site.MlpUp, Site.Q },
            ValueScores = true,
            QkScores = QkScoreForm.Exact,
        };
        long start = Stopwatch.GetTimestamp();
        var scores = model.Run(batch, ForwardOutput.LogProbs, plan, sink, ct).LogProbs;
        double time = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        sink.Values.Add(("log-probabilities", [.. scores.Take(Short).Select(v => (double)v)]));
        return (sink.Values, time);
    }

    private sealed class FirstSequence(Device device) : IProbeSink
    {
        public List<(string Name, double[] Values)> Values { get; } = [];

        public void OnCapture(SiteRef site, TensorView values) => Values.Add((site.ToString(), device.ToDoubles(values.Rows(0, Short))));

        public void OnLayer(int layer, LayerProbe probe)
        {
            foreach (var site in (Site[])[Site.MlpPost, Site.MlpUp, Site.Q])
            {
                var stats = probe.Stats(site)!;
                foreach (var (name, sum) in (ReadOnlySpan<(string, Tensor)>)[("sum", stats.Sum), ("sum of squares", stats.SumSquares), ("maximum", stats.Max)])
                    Values.Add(($"{site} {name}", device.ToDoubles(sum.Rows(1))));
            }

            foreach (var (name, scores) in (ReadOnlySpan<(string, TensorView?)>)[("V scores", probe.ValueScores), ("Q scores", probe.QScores), ("K scores", probe.KScores)])
                Values.Add((name, device.ToDoubles(scores!.Value.Rows(0, 1))));
        }
    }
}

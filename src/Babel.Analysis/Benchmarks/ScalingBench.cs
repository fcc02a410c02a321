using Babel.Kernels;
using Babel.Kernels.Diagnostics.Bench;
using Babel.Model;
using Babel.Model.RandomModels;

namespace Babel.Analysis.Benchmarks;

/// <summary>
/// Measures forward passes along one axis after another (tokens, length of sequences, width, layers, threads), fits <see cref="ScalingLaw"/> to them, and checks it on
/// named shapes it has not seen.
/// </summary>
public static class ScalingBench
{
    /// <summary>The axis of points that are predicted and not fitted.</summary>
    public const string Check = "check";

    /// <summary>Every point is measured at two times, and the better counts: a neighbour on the machine takes a few seconds and goes.</summary>
    private const int Passes = 2;

    private static readonly RandomModelShape s_base = Wide(512) with { Layers = 4 };

    /// <summary>Measures.</summary>
    /// <param name="open">Opens the device with so many threads, 0 for all.</param>
    /// <param name="seconds">For each point, about.</param>
    /// <param name="progress">Is told of every point.</param>
    /// <param name="ct">Looked at between points.</param>
    public static ScalingResult Measure(Func<int, Device> open, double seconds, Action<string>? progress = null, CancellationToken ct = default)
    {
        List<MemoryPoint> memory;
        using (var device = open(0)) memory = [.. ScalingMemory.Measure(device, progress, ct)];
        var points = new Dictionary<(string Axis, string Case), ScalingPoint>();
        for (int pass = 0; pass < Passes; pass++)
        {
            foreach (var group in Plan().GroupBy(p => (p.Shape, p.Threads)))
            {
                using var device = open(group.Key.Threads);
                using var model = BenchModel.Open(device, "scaling", group.Key.Shape, ct: ct);
                foreach (var one in group)
                {
                    progress?.Invoke($"{one.Axis}: {one.Case}");
                    var time = Time(model.Model, one.Tokens, one.Length, seconds / Passes, ct);
                    var point = new ScalingPoint(one.Axis, one.Case, one.Shape, model.Model.Spec, model.StepBytes, one.Tokens, one.Length, one.Threads, time);
                    if (!points.TryGetValue((one.Axis, one.Case), out var known) || time.Median < known.Time.Median) points[(one.Axis, one.Case)] = point;
                }
            }
        }

        var fitted = points.Values.Where(p => p.IsFitted).Select(p => (ScalingLaw.WorkOf(p.Spec, p.WeightBytes, p.Tokens, p.Length), p.Time.Median));
        return new ScalingResult(ScalingLaw.Fit([.. fitted]), [.. points.Values], memory);
    }

    private static IEnumerable<(string Axis, string Case, RandomModelShape Shape, int Tokens, int Length, int Threads)> Plan()
    {
        foreach (int n in (int[])[32, 64, 128, 256, 512, 1024, 2048]) yield return ("tokens", $"N {n}, T {Math.Min(n, 128)}", s_base, n, Math.Min(n, 128), 0);
        foreach (int t in (int[])[16, 64, 256, 1024, 2048]) yield return ("length", $"N 2048, T {t}", s_base, 2048, t, 0);
        foreach (int d in (int[])[128, 256, 384, 768, 1024]) yield return ("width", $"D {d}, F {Wide(d).FfnWidth}", Wide(d) with { Layers = 4 }, 512, 128, 0);
        foreach (int l in (int[])[1, 2, 8, 16]) yield return ("layers", $"L {l}", s_base with { Layers = l }, 512, 128, 0);
        for (int threads = 1; threads < Environment.ProcessorCount; threads *= 2) yield return ("threads", $"{threads} of {Environment.ProcessorCount}", s_base, 512, 128, threads);
        foreach (string name in (string[])["nano", "tiny", "small"])
        {
            foreach (int t in (int[])[128, 512]) yield return (Check, $"{name}, N 512, T {t}", RandomModelShape.Named[name] with { Weights = DType.F32 }, 512, t, 0);
        }
    }

    /// <summary>A LLaMA shape of width D: heads of 64, an FFN of 8/3 D in whole panels.</summary>
    private static RandomModelShape Wide(int d) => new()
    {
        ModelWidth = d, Layers = 4, Heads = d / 64, KvHeads = d / 64, FfnWidth = d * 43 / 16, Vocabulary = 8000, Weights = DType.F32,
    };

    private static Timing Time(LanguageModel model, int tokens, int length, double seconds, CancellationToken ct)
    {
        using var batch = Batch.Pack(model, BenchTokens.Draw(model.Spec, tokens, length));
        var race = new Race { Warmups = 0, LeastRounds = 3 };
        race.Run(seconds, () =>
        {
            model.Run(batch, ForwardOutput.LogProbs, ct: ct);
            model.Device.Synchronize();
        });
        return race.Time(0);
    }
}

using System.Globalization;
using System.Text;
using Babel.Bench.Interop;
using Babel.Kernels;
using Babel.Model;

namespace Babel.Bench;

/// <summary>
/// <c>forward [--out FILE.md] [--seconds S] [--length T] [--tokens N] [--model tiny|small|nano]</c>: log-probabilities of N tokens in sequences of T,
/// plain and with neurons switched off, with every statistic, and with the exact Q/K importance besides; by turns in one run, beside the FMA peak.
/// </summary>
internal static class ForwardReport
{
    private static readonly HashSet<Site> Sites = [Site.MlpPre, Site.MlpUp, Site.MlpPost, Site.Q, Site.K, Site.V, Site.Z];

    private static readonly (string Name, int D, int Layers, int Heads, int KvHeads, int F, int V)[] Shapes =
    [
        ("nano", 256, 6, 8, 4, 688, 8000),
        ("tiny", 256, 8, 8, 8, 688, 32000),
        ("small", 768, 12, 12, 12, 2048, 32000),
    ];

    /// <summary>Measures and prints.</summary>
    public static int Run(string[] args)
    {
        double seconds = double.Parse(Option(args, "--seconds") ?? "3", CultureInfo.InvariantCulture);
        int length = int.Parse(Option(args, "--length") ?? "128", CultureInfo.InvariantCulture);
        int tokens = int.Parse(Option(args, "--tokens") ?? "512", CultureInfo.InvariantCulture);
        int threads = Environment.ProcessorCount;
        double peak = Ceilings.PeakGflops(threads);
        var table = new StringBuilder(FormattableString.Invariant(
            $"{threads} threads, FMA peak {peak:F0} GFLOP/s; {tokens} tokens in sequences of {length}; columns are time over that of the plain forward\n\n"));
        table.Append("| model | weights | plain, ms | GFLOP/s | of peak | 2 % of neurons off | neuron statistics | every statistic | and exact Q/K |\n");
        table.Append("| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n");
        foreach (var shape in Shapes.Where(s => Option(args, "--model") is not { } name || name == s.Name))
        {
            foreach (var dtype in (DType[])[DType.F32, DType.BF16])
            {
                using var folder = new RandomModel(shape.D, shape.Layers, shape.Heads, shape.KvHeads, shape.F, shape.V, dtype);
                using var device = DeviceRegistry.Default.Open("cpu");
                using var model = LanguageModel.Load(folder.Folder, device);
                table.Append(Row(model, shape.Name, dtype, length, tokens, seconds, peak));
            }
        }

        Console.WriteLine(table);
        if (Option(args, "--out") is { } file) File.WriteAllText(file, table.ToString());
        return 0;
    }

    private static string Row(LanguageModel model, string name, DType dtype, int length, int tokens, double seconds, double peak)
    {
        var random = new Random(2);
        var sequences = Enumerable.Range(0, tokens / length)
            .Select(_ => Enumerable.Range(0, length).Select(_ => random.Next(4, model.Spec.Vocabulary)).ToArray())
            .ToList();
        using var batch = Batch.Pack(model, sequences);
        var off = NeuronMask.Off(
            model.Spec,
            Enumerable.Range(0, model.Spec.Layers).SelectMany(l => Enumerable.Range(0, model.Spec.FfnWidth / 50).Select(k => new NeuronId(l, NeuronPart.Down, k * 50))));
        var sink = new Ignore();
        Action Forward(ProbePlan plan) => () => model.Run(batch, ForwardOutput.LogProbs, plan, sink);
        var every = new ProbePlan { Statistics = Sites, ValueScores = true };
        var race = new Interleaved(cpuTime: false);
        race.Run(
            seconds,
            1,
            Forward(ProbePlan.None),
            Forward(new ProbePlan { Ablation = off }),
            Forward(new ProbePlan { Statistics = new HashSet<Site> { Site.MlpPost } }),
            Forward(every),
            Forward(every with { QkScores = QkScoreForm.Exact }));
        double gflops = Flop(model.Spec, length) * batch.Tokens / race.Median(0) / 1e9;
        return FormattableString.Invariant(
            $"| {name} | {dtype} | {race.Median(0) * 1e3:F1} | {gflops:F0} | {gflops / peak:P0} | {race.Ratio(1, 0):F3} | {race.Ratio(2, 0):F3} | {race.Ratio(3, 0):F3} | {race.Ratio(4, 0):F2} |\n");
    }

    /// <summary>FLOP a token: two for each weight it meets, four for each dimension of each visible key.</summary>
    public static double Flop(DecoderSpec spec, int length)
    {
        double block = (2.0 * spec.ModelWidth * (spec.QueryWidth + spec.KvWidth)) + (3.0 * spec.ModelWidth * spec.FfnWidth);
        double attention = spec.QueryWidth * (length + 1.0);
        return (spec.Layers * ((2 * block) + (2 * attention))) + (2.0 * spec.Vocabulary * spec.ModelWidth);
    }

    private static string? Option(string[] args, string name)
    {
        int at = Array.IndexOf(args, name);
        return at >= 0 && at + 1 < args.Length ? args[at + 1] : null;
    }

    private sealed class Ignore : IProbeSink
    {
        public void OnLayer(int layer, LayerProbe probe)
        {
        }

        public void OnCapture(SiteRef site, TensorView values)
        {
        }
    }
}

using System.Globalization;
using System.Text;
using Babel.Bench.Interop;
using Babel.Kernels;
using Babel.Model;

namespace Babel.Bench;

/// <summary>
/// <c>forward [--out FILE.md] [--seconds S] [--length T] [--tokens N] [--model tiny|small|nano] [--folder DIR[,DIR]] [--plain] [--rounds R]</c>: log-probabilities of N
/// tokens in sequences of T, plain and with neurons switched off, with every statistic, and with the exact Q/K importance besides; by turns in one run, beside
/// the FMA peak, which is measured in every round too. <c>--folder</c> takes model folders instead of random models, <c>--plain</c> leaves out all but the plain forward.
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
        int rounds = int.Parse(Option(args, "--rounds") ?? "9", CultureInfo.InvariantCulture);
        bool plain = args.Contains("--plain");
        var table = new StringBuilder(FormattableString.Invariant(
            $"{threads} threads; {tokens} tokens in sequences of {length}; columns are time over that of the plain forward\n\n"));
        table.Append("| model | weights | plain, ms | GFLOP/s | FMA peak | of peak |").Append(plain ? "\n" : " 2 % of neurons off | neuron statistics | every statistic | and exact Q/K |\n");
        table.Append("| --- | --- | --- | --- | --- | --- |").Append(plain ? "\n" : " --- | --- | --- | --- |\n");
        if (Option(args, "--folder") is { } folders)
        {
            foreach (string folder in folders.Split(','))
            {
                using var device = DeviceRegistry.Default.Open("cpu");
                using var model = LanguageModel.Load(folder, device);
                table.Append(Row(model, Path.GetFileName(Path.TrimEndingDirectorySeparator(folder)), "as stored", length, tokens, seconds, rounds, plain));
            }
        }
        else
        {
            foreach (var shape in Shapes.Where(s => Option(args, "--model") is not { } name || name == s.Name))
            {
                foreach (var dtype in (DType[])[DType.F32, DType.BF16])
                {
                    using var folder = new RandomModel(shape.D, shape.Layers, shape.Heads, shape.KvHeads, shape.F, shape.V, dtype);
                    using var device = DeviceRegistry.Default.Open("cpu");
                    using var model = LanguageModel.Load(folder.Folder, device);
                    table.Append(Row(model, shape.Name, dtype.ToString(), length, tokens, seconds, rounds, plain));
                }
            }
        }

        Console.WriteLine(table);
        if (Option(args, "--out") is { } file) File.WriteAllText(file, table.ToString());
        return 0;
    }

    private static string Row(LanguageModel model, string name, string dtype, int length, int tokens, double seconds, int rounds, bool plain)
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
        var race = new Interleaved(cpuTime: false, rounds);
        var peaks = new List<double>();
        Action[] racers =
        [
            Forward(ProbePlan.None),
            () => peaks.Add(Ceilings.PeakGflops(Environment.ProcessorCount)),
            Forward(new ProbePlan { Ablation = off }),
            Forward(new ProbePlan { Statistics = new HashSet<Site> { Site.MlpPost } }),
            Forward(every),
            Forward(every with { QkScores = QkScoreForm.Exact }),
        ];
        race.Run(seconds, 1, plain ? racers[..2] : racers);
        double gflops = Flop(model.Spec, length) * batch.Tokens / race.Median(0) / 1e9, peak = peaks.Order().ElementAt(peaks.Count / 2);
        string row = FormattableString.Invariant($"| {name} | {dtype} | {race.Median(0) * 1e3:F1} | {gflops:F0} | {peak:F0} | {gflops / peak:P1} |");
        return plain
            ? row + "\n"
            : row + FormattableString.Invariant($" {race.Ratio(2, 0):F3} | {race.Ratio(3, 0):F3} | {race.Ratio(4, 0):F3} | {race.Ratio(5, 0):F2} |\n");
    }

    /// <summary>FLOP a token: two for each weight it meets, four for each dimension of each visible key.</summary>
    private static double Flop(DecoderSpec spec, int length)
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

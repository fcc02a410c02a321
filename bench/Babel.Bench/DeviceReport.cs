using System.Globalization;
using System.Text;
using Babel.Analysis.Planning;
using Babel.Kernels;
using Babel.Kernels.Diagnostics.Bench;
using Babel.Model;

namespace Babel.Bench;

/// <summary>
/// <c>devices MODEL... [--device NAME] [--tokens N] [--length T] [--qk] [--seconds S] [--out FILE.md]</c>: model folders on <c>cpu</c> and on another device
/// (<c>opencl:0</c>, <c>opencl:gpu</c> for its cut for GPUs) by turns: log-probabilities of N tokens in sequences of T, the same with every statistic and, with <c>--qk</c>, the exact Q/K importance besides.
/// </summary>
internal static class DeviceReport
{
    private static readonly HashSet<Site> Sites = [Site.MlpPre, Site.MlpUp, Site.MlpPost, Site.Q, Site.K, Site.V, Site.Z];

    /// <summary>Measures and prints.</summary>
    public static int Run(string[] args)
    {
        string name = Arguments.Option(args, "--device") ?? "opencl:0";
        int tokens = int.Parse(Arguments.Option(args, "--tokens") ?? "512", CultureInfo.InvariantCulture);
        int length = int.Parse(Arguments.Option(args, "--length") ?? "512", CultureInfo.InvariantCulture);
        double seconds = double.Parse(Arguments.Option(args, "--seconds") ?? "4", CultureInfo.InvariantCulture);
        using Device cpu = DeviceRegistry.Default.Open("cpu"), other = Cut.Open(name);
        var text = new StringBuilder(FormattableString.Invariant(
            $"{name}: {other.Description}\ncpu: {cpu.Description}\n{tokens} tokens in sequences of {length}; medians by turns\n\n"));
        text.Append("| model | what | cpu, ms | GFLOP/s | ").Append(name).Append(", ms | GFLOP/s | rate over cpu's | log-probabilities apart |\n");
        text.Append("| --- | --- | --- | --- | --- | --- | --- | --- |\n");
        foreach (string folder in args.TakeWhile(a => !a.StartsWith("--", StringComparison.Ordinal))) text.Append(Rows(folder, cpu, other, tokens, length, seconds, args.Contains("--qk")));
        Console.WriteLine(text);
        if (Arguments.Option(args, "--out") is { } file) File.WriteAllText(file, text.ToString());
        return 0;
    }

    private static string Rows(string folder, Device cpu, Device other, int tokens, int length, double seconds, bool qk)
    {
        using LanguageModel one = LanguageModel.Load(folder, cpu), two = LanguageModel.Load(folder, other);
        using Batch left = Pack(one, tokens, length), right = Pack(two, tokens, length);
        double flop = ForwardCost.Of(one.Spec, length).Total * left.Tokens;
        double apart = one.Run(left, ForwardOutput.LogProbs).LogProbs.Zip(two.Run(right, ForwardOutput.LogProbs).LogProbs, (a, b) => Math.Abs(a - b)).Max();
        var every = new ProbePlan { Statistics = Sites, ValueScores = true };
        var text = new StringBuilder();
        var plans = new List<(string What, ProbePlan Plan)> { ("plain", ProbePlan.None), ("every statistic", every) };
        if (qk) plans.Add(("and exact Q/K", every with { QkScores = QkScoreForm.Exact }));
        foreach (var (what, plan) in plans)
        {
            var sink = new Ignore();
            var race = new Race { Warmups = 1 };
            race.Run(seconds, () => one.Run(left, ForwardOutput.LogProbs, plan, sink), () => two.Run(right, ForwardOutput.LogProbs, plan, sink));
            string model = Path.GetFileName(Path.TrimEndingDirectorySeparator(folder));
            text.Append(FormattableString.Invariant($"| {model} | {what} | {race.Time(0).Median * 1e3:F1} | {flop / race.Time(0).Median / 1e9:F0} "));
            text.Append(FormattableString.Invariant(
                $"| {race.Time(1).Median * 1e3:F1} | {flop / race.Time(1).Median / 1e9:F0} | {race.Ratio(0, 1):P0} | {(plan == ProbePlan.None ? apart.ToString("E1", CultureInfo.InvariantCulture) : "")} |\n"));
        }

        return text.ToString();
    }

    private static Batch Pack(LanguageModel model, int tokens, int length)
    {
        var random = new Random(2);
        return Batch.Pack(
            model,
            [.. Enumerable.Range(0, tokens / length).Select(_ => Enumerable.Range(0, length).Select(_ => random.Next(4, model.Spec.Vocabulary)).ToArray())]);
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

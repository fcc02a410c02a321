using System.Globalization;
using Babel.Analysis.Corpora;
using Babel.Analysis.Statistics;
using Babel.Bench.Interop;
using Babel.Kernels;
using Babel.Model;

namespace Babel.Bench;

/// <summary>
/// <c>statistics --folder DIR [--length T] [--tokens N] [--seconds S] [--threads T]</c>: what each group of statistics adds to a plain forward
/// pass of the model in DIR, random ids, by turns in one run. With a sink that ignores what it is told, and with the collector of <c>babel stats</c>.
/// All stop before the vocabulary, as <c>babel stats</c> does.
/// </summary>
internal static class StatisticsReport
{
    private static readonly HashSet<Site> Ffn = [Site.MlpPre, Site.MlpUp, Site.MlpPost];
    private static readonly HashSet<Site> Attention = [Site.Q, Site.K, Site.V, Site.Z];

    /// <summary>Measures and prints.</summary>
    public static int Run(string[] args)
    {
        double seconds = double.Parse(Option(args, "--seconds") ?? "10", CultureInfo.InvariantCulture);
        int length = int.Parse(Option(args, "--length") ?? "128", CultureInfo.InvariantCulture);
        int tokens = int.Parse(Option(args, "--tokens") ?? "512", CultureInfo.InvariantCulture);
        int threads = int.Parse(Option(args, "--threads") ?? Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        string folder = Option(args, "--folder") ?? throw new ArgumentException("--folder DIR");
        using var device = DeviceRegistry.Default.Open("cpu", new DeviceOptions(threads));
        using var model = LanguageModel.Load(folder, device);
        var documents = Documents(model.Spec.Vocabulary, tokens / length, length);
        var windows = documents.ConvertAll(d => new BatchWindow(d, 0));
        using var batch = Batch.Pack(model, documents.ConvertAll(d => d.Windows[0]));
        var sink = new Ignore();
        Action Forward(ProbePlan plan) => () => model.Run(batch, ForwardOutput.None, plan, sink);
        Action Collect(StatisticsOptions options)
        {
            var collector = new StatisticsCollector(model, options, documents);
            return () => collector.Run([windows]);
        }

        var every = new ProbePlan { Statistics = new HashSet<Site>([.. Ffn, .. Attention]), ValueScores = true };
        (string Name, Action Run)[] racers =
        [
            ("plain", Forward(ProbePlan.None)),
            ("FFN taps", Forward(new ProbePlan { Statistics = Ffn })),
            ("attention taps", Forward(new ProbePlan { Statistics = Attention })),
            ("value scores", Forward(new ProbePlan { ValueScores = true })),
            ("all of these", Forward(every)),
            ("and collected", Collect(new StatisticsOptions())),
            ("and exact Q/K", Forward(every with { QkScores = QkScoreForm.Exact })),
            ("exact Q/K, collected", Collect(new StatisticsOptions { QkImportance = ImportanceForms.Exact })),
        ];
        var race = new Interleaved(cpuTime: false);
        race.Run(seconds, 1, [.. racers.Select(r => r.Run)]);
        double peak = Ceilings.PeakGflops(threads);
        Console.WriteLine(FormattableString.Invariant(
            $"{Path.GetFileName(folder)}, {threads} threads, {tokens} tokens in sequences of {length}, hidden states only, FMA peak {peak:F0} GFLOP/s: plain {race.Median(0) * 1e3:F1} ms"));
        for (int i = 1; i < racers.Length; i++) Console.WriteLine(FormattableString.Invariant($"  {racers[i].Name,-22} {race.Ratio(i, 0):F3}"));
        return 0;
    }

    private static List<TokenizedDocument> Documents(int vocabulary, int count, int length)
    {
        var random = new Random(2);
        return [.. Enumerable.Range(0, count).Select(i => new TokenizedDocument(
            new Document("en", i, ""), [[.. Enumerable.Range(0, length).Select(_ => random.Next(4, vocabulary))]]))];
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

using System.Diagnostics;
using System.Globalization;
using System.Text;
using Babel.Kernels;
using Babel.Kernels.Diagnostics.Bench;
using Babel.Model;

namespace Babel.Bench;

/// <summary>
/// <c>long --model FOLDER [--from T] [--to T] [--out FILE.md]</c>: log-probabilities of one text of T tokens, T doubling from 1024 to 32768 in one
/// process, so that the peak memory after each length is that length's. The folder's positions have to reach so far.
/// </summary>
internal static class LongReport
{
    /// <summary>Measures and prints.</summary>
    public static int Run(string[] args)
    {
        string folder = Arguments.Option(args, "--model") ?? throw new ArgumentException("--model FOLDER is missing");
        int from = Number(args, "--from", 1024), to = Number(args, "--to", 32768), threads = Environment.ProcessorCount;
        double peak = Peak();
        using var device = DeviceRegistry.Default.Open("cpu");
        using var model = LanguageModel.Load(folder, device);
        int window = model.Spec.Windows.Count == 0 ? 0 : model.Spec.Windows.Max();
        var text = new StringBuilder(FormattableString.Invariant(
            $"{threads} threads, FMA peak {peak:F0} GFLOP/s; {model.Spec.Family}, window {window}; {Resident():F0} MiB peak after loading\n\n"));
        text.Append("| T | s | tokens/s | us a token | GFLOP/s | of peak | peak memory, MiB | of it by T, KiB a token |\n");
        text.Append("| --- | --- | --- | --- | --- | --- | --- | --- |\n");
        double before = Resident();
        for (int tokens = from; tokens <= to; tokens *= 2) text.Append(Row(model, tokens, window, peak, before));
        Console.WriteLine(text);
        if (Arguments.Option(args, "--out") is { } file) File.WriteAllText(file, text.ToString());
        return 0;
    }

    private static double Peak()
    {
        using var device = DeviceRegistry.Default.Open("cpu");
                // Not the memory's, whose measurement would raise the peak of the process.
        return DeviceCeilings.Arithmetic(device, 0.3).Rate;
    }

    private static string Row(LanguageModel model, int tokens, int window, double peak, double before)
    {
        var random = new Random(2);
        using var batch = Batch.Pack(model, [[.. Enumerable.Range(0, tokens).Select(_ => random.Next(4, model.Spec.Vocabulary))]]);
        var times = new List<double>();
        var all = Stopwatch.StartNew();
        do
        {
            var clock = Stopwatch.StartNew();
            model.Run(batch, ForwardOutput.LogProbs);
            times.Add(clock.Elapsed.TotalSeconds);
        }
        while (all.Elapsed.TotalSeconds < 3 || (times.Count < 3 && all.Elapsed.TotalSeconds < 10));
        times.Sort();
        double seconds = times[times.Count / 2], gflops = Flop(model.Spec, tokens, window) / seconds / 1e9, resident = Resident();
        return FormattableString.Invariant(
            $"| {tokens} | {seconds:F3} | {tokens / seconds:F0} | {seconds / tokens * 1e6:F0} | {gflops:F0} | {gflops / peak:P0} | {resident:F0} | {(resident - before) * 1024 / tokens:F1} |\n");
    }

    /// <summary>FLOP of a text: two for each weight a token meets, four for each dimension of each visible key.</summary>
    private static double Flop(DecoderSpec spec, int tokens, int window)
    {
        double block = (2.0 * spec.ModelWidth * (spec.QueryWidth + spec.KvWidth)) + (3.0 * spec.ModelWidth * spec.FfnWidth);
        double seen = window > 0 ? Math.Min(tokens, window) : tokens;
        double pairs = (seen * (seen + 1) / 2) + ((tokens - seen) * seen);
        return (spec.Layers * ((2 * block * tokens) + (4 * spec.QueryWidth * pairs))) + (2.0 * spec.Vocabulary * spec.ModelWidth * tokens);
    }

    /// <summary>Peak resident memory of this process so far, MiB.</summary>
    private static double Resident()
    {
        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64 / 1048576.0;
    }

    private static int Number(string[] args, string name, int otherwise) =>
        Arguments.Option(args, name) is { } value ? int.Parse(value, CultureInfo.InvariantCulture) : otherwise;
}

using System.Diagnostics;
using System.Globalization;
using System.Text;
using Babel.Bench.Interop;
using Babel.Kernels;
using Babel.Model;
using Babel.Model.Files;

namespace Babel.Bench;

/// <summary>
/// <c>decode --folder DIR[,DIR] [--out FILE.md] [--tokens N] [--prompt P] [--threads T]</c>: one text continued token by token with a key/value cache, as
/// <c>babel generate</c> does, beside the read bandwidth measured in the same run: a token has to read every weight once.
/// </summary>
internal static class DecodeReport
{
    /// <summary>Measures and prints.</summary>
    public static int Run(string[] args)
    {
        int tokens = int.Parse(Option(args, "--tokens") ?? "64", CultureInfo.InvariantCulture);
        int prompt = int.Parse(Option(args, "--prompt") ?? "16", CultureInfo.InvariantCulture);
        int threads = int.Parse(Option(args, "--threads") ?? Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        var table = new StringBuilder(FormattableString.Invariant(
            $"{threads} threads; {tokens} tokens after a prompt of {prompt}, one text; read bandwidth measured before and after each model, the better one counts\n\n"));
        table.Append("| model | weights a token, MB | median, ms | tokens/s | GB/s | read bandwidth, GB/s | share |\n| --- | --- | --- | --- | --- | --- | --- |\n");
        foreach (string folder in Option(args, "--folder")?.Split(',') ?? [])
        {
            using var device = DeviceRegistry.Default.Open("cpu", new DeviceOptions(threads));
            using var model = LanguageModel.Load(folder, device);
            double ceiling = Ceilings.ReadGigabytes(threads);
            double seconds = Median(model, prompt, tokens);
            ceiling = Math.Max(ceiling, Ceilings.ReadGigabytes(threads));
            double bytes = Bytes(folder, model.Spec);
            table.Append(FormattableString.Invariant(
                $"| {Path.GetFileName(Path.TrimEndingDirectorySeparator(folder))} | {bytes / 1e6:F0} | {seconds * 1e3:F2} | {1 / seconds:F1} | {bytes / seconds / 1e9:F1} | {ceiling:F1} | {bytes / seconds / 1e9 / ceiling:P0} |\n"));
        }

        Console.WriteLine(table);
        if (Option(args, "--out") is { } file) File.WriteAllText(file, table.ToString());
        return 0;
    }

    /// <summary>The median time from one token to the next; the first, which runs the prompt, and the second are not counted.</summary>
    private static double Median(LanguageModel model, int prompt, int tokens)
    {
        var random = new Random(3);
        int[] ids = [.. Enumerable.Range(0, prompt).Select(_ => random.Next(4, model.Spec.Vocabulary))];
        var stamps = new List<long>();
        new TextGenerator(model).Generate(
            [ids], new GenerationOptions { MaxNewTokens = tokens + 2 }, onToken: (_, _) => stamps.Add(Stopwatch.GetTimestamp()));
        double[] times = [.. stamps.Skip(2).Zip(stamps.Skip(1), (b, a) => (b - a) / (double)Stopwatch.Frequency).Order()];
        return times[times.Length / 2];
    }

    /// <summary>Bytes of the matrices a token multiplies by: all but an embedding of its own, of which it takes one row.</summary>
    private static double Bytes(string folder, DecoderSpec spec)
    {
        using var checkpoint = Checkpoint.Open(folder);
        double all = checkpoint.Names.Select(n => checkpoint.Find(n)!.Value.Tensor).Where(t => t.Shape.Count == 2).Sum(t => (double)t.Bytes);
        var embedding = checkpoint.Names.Select(n => checkpoint.Find(n)!.Value.Tensor)
            .First(t => t.Shape.Count == 2 && t.Shape[0] == spec.Vocabulary && t.Shape[1] == spec.EmbeddingWidth);
        return spec.TiedEmbeddings ? all : all - embedding.Bytes;
    }

    private static string? Option(string[] args, string name)
    {
        int at = Array.IndexOf(args, name);
        return at >= 0 && at + 1 < args.Length ? args[at + 1] : null;
    }
}

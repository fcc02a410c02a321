using System.Globalization;
using System.Text;
using Babel.Kernels;
using Babel.Kernels.Diagnostics.Bench;

namespace Babel.Bench;

/// <summary>
/// <c>attention [--out FILE.md] [--seconds S] [--threads T] [--device NAME] [--d D] [--group G] [--tokens T] [--prefill|--decode]</c>: the attention operator by
/// itself, beside the FMA peak and the read bandwidth of the same run. Prefill: 4 d FLOP for every visible pair of query and key, and nothing for
/// masked ones. Decode: the bytes of the keys and values that one new token reads.
/// </summary>
internal static class AttentionReport
{
    private const int Heads = 8;

    private static readonly int[] HeadDims = [32, 64, 128], Groups = [1, 4, 8], Lengths = [128, 512, 2048, 8192], Caches = [512, 2048, 8192];

    /// <summary>Measures and prints.</summary>
    public static int Run(string[] args)
    {
        double seconds = double.Parse(Arguments.Option(args, "--seconds") ?? "0.3", CultureInfo.InvariantCulture);
        int threads = int.Parse(Arguments.Option(args, "--threads") ?? Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        using var device = DeviceRegistry.Default.Open(Arguments.Option(args, "--device") ?? "cpu", new DeviceOptions(threads));
        var ceilings = DeviceCeilings.Measure(device);
        double peak = ceilings.Gflops, read = ceilings.Gigabytes;
        var text = new StringBuilder(FormattableString.Invariant($"{threads} threads, FMA peak {peak:F0} GFLOP/s, read bandwidth {read:F0} GB/s; {Heads} heads\n\n"));
        _ = Prefill(device, HeadDims[0], 1, Lengths[0], seconds, peak);
        if (!args.Contains("--decode"))
        {
            text.Append("| prefill: d | G | T | ms | GFLOP/s | of peak |\n| --- | --- | --- | --- | --- | --- |\n");
            foreach (var (d, g, t) in Choose(args, Lengths)) text.Append(Prefill(device, d, g, t, seconds, peak));
            text.Append('\n');
        }

        if (!args.Contains("--prefill"))
        {
            text.Append("| decode: d | G | keys | us | GB/s | of bandwidth |\n| --- | --- | --- | --- | --- | --- |\n");
            foreach (var (d, g, t) in Choose(args, Caches)) text.Append(Decode(device, d, g, t, seconds, read));
        }

        Console.WriteLine(text);
        if (Arguments.Option(args, "--out") is { } file) File.WriteAllText(file, text.ToString());
        return 0;
    }

    private static IEnumerable<(int D, int G, int T)> Choose(string[] args, int[] lengths) =>
        from d in One(args, "--d", HeadDims)
        from g in One(args, "--group", Groups)
        from t in One(args, "--tokens", lengths)
        select (d, g, t);

    private static string Prefill(Device device, int d, int group, int tokens, double seconds, double peak)
    {
        // Short sequences come several at a time, as they do in a corpus.
        int sequences = Math.Max(1, 512 / tokens);
        var layout = SequenceLayout.Packed([.. Enumerable.Repeat(tokens, sequences)]);
        using var operands = new AttentionOperands(device, d, group, layout.Tokens, layout.Tokens);
        var race = new Race { Rehearse = true };
        race.Run(seconds, () => device.Ops.Attention(operands.Q, operands.K, operands.V, operands.Output, operands.Spec, layout));
        double pairs = sequences * (double)Heads * tokens * (tokens + 1) / 2;
        double rate = 4 * d * pairs / race.Time(0).Median / 1e9;
        return FormattableString.Invariant($"| {d} | {group} | {sequences}x{tokens} | {race.Time(0).Median * 1e3:F2} | {rate:F0} | {rate / peak:P0} |\n");
    }

    private static string Decode(Device device, int d, int group, int keys, double seconds, double read)
    {
        // As many caches as together are too large for the processor's own memory, by turns: a model has one a layer.
        int kvWidth = Heads / group * d, caches = (int)Math.Max(2, 200_000_000L / (8L * keys * kvWidth));
        using var operands = new AttentionOperands(device, d, group, 1, keys * caches);
        var layouts = Enumerable.Range(0, caches).Select(c => new SequenceLayout([new SequenceSpan(0, 1, c * keys, keys)])).ToArray();
        var race = new Race { Rehearse = true };
        race.Run(seconds, () =>
        {
            foreach (var layout in layouts) device.Ops.Attention(operands.Q, operands.K, operands.V, operands.Output, operands.Spec, layout);
        });
        double step = race.Time(0).Median / caches, rate = 8.0 * keys * kvWidth / step / 1e9;
        return FormattableString.Invariant($"| {d} | {group} | {keys} | {step * 1e6:F1} | {rate:F1} | {rate / read:P0} |\n");
    }

    private static int[] One(string[] args, string name, int[] all) =>
        Arguments.Option(args, name) is { } value ? [int.Parse(value, CultureInfo.InvariantCulture)] : all;

    /// <summary>Random operands.</summary>
    private sealed class AttentionOperands : IDisposable
    {
        private readonly Random _random = new(3);

        public AttentionOperands(Device device, int d, int group, int queries, int keys)
        {
            Spec = new AttentionSpec { Heads = Heads, KvHeads = Heads / group, HeadDim = d, Scale = (float)(1 / Math.Sqrt(d)) };
            Q = Fill(device, queries, Heads * d);
            K = Fill(device, keys, Heads / group * d);
            V = Fill(device, keys, Heads / group * d);
            Output = device.Allocate(new Shape(queries, Heads * d));
        }

        public AttentionSpec Spec { get; }

        public Tensor Q { get; }

        public Tensor K { get; }

        public Tensor V { get; }

        public Tensor Output { get; }

        public void Dispose()
        {
            foreach (var tensor in (Tensor[])[Q, K, V, Output]) tensor.Dispose();
        }

        private Tensor Fill(Device device, int rows, int columns)
        {
            var values = new float[(long)rows * columns];
            for (long i = 0; i < values.Length; i++) values[i] = (_random.NextSingle() - 0.5f) * 3.4f;
            return device.FromFloats(values, new Shape(rows, columns));
        }
    }
}

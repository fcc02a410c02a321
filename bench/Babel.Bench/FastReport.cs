using System.Globalization;
using System.Text;
using Babel.Bench.Interop;
using Babel.Kernels;
using Babel.Model;

namespace Babel.Bench;

/// <summary>
/// <c>fast MODEL... [--tokens N] [--length T] [--seconds S] [--reference N] [--gemm] [--out FILE.md]</c>: model folders in exact and in fast precision by turns, beside the peaks of both instructions
/// measured in the same run, and how far their logits are apart. <c>--reference N</c>: also how far both are from float64, for a sequence of N tokens. <c>--gemm</c>: products only.
/// </summary>
internal static class FastReport
{
    private static readonly (int M, int N, int K)[] Shapes =
        [(512, 2048, 2048), (512, 5632, 2048), (512, 2048, 5632), (512, 256, 2048), (256, 768, 768), (32, 2048, 2048), (8, 2048, 2048), (1, 2048, 2048)];

    /// <summary>Measures and prints.</summary>
    public static int Run(string[] args)
    {
        int threads = Environment.ProcessorCount;
        double seconds = Number(args, "--seconds", 4), fma = Ceilings.PeakGflops(threads), brain = BrainCeiling.PeakGflops(threads);
        var text = new StringBuilder(FormattableString.Invariant($"{threads} threads; peaks: FMA {fma:F0}, VDPBF16PS {brain:F0} GFLOP/s\n\n"));
        if (args.Contains("--gemm"))
        {
            text.Append("| M x N x K | BF16 exact | fast | of peak | fast over exact |\n| --- | --- | --- | --- | --- |\n");
            foreach (var shape in Shapes) text.Append(Product(shape, threads, seconds, brain));
        }

        text.Append("\n| model | tokens | exact, ms | GFLOP/s | of FMA | fast, ms | GFLOP/s | of VDPBF16PS | fast over exact | logits apart |\n");
        text.Append("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n");
        foreach (string folder in args.TakeWhile(a => !a.StartsWith("--", StringComparison.Ordinal))) text.Append(Forward(folder, args, seconds, fma, brain));
        if (Number(args, "--reference", 0) is > 0 and var tokens)
        {
            text.Append("\nRelative RMS of logits against float64\n\n| model | exact | fast |\n| --- | --- | --- |\n");
            foreach (string folder in args.TakeWhile(a => !a.StartsWith("--", StringComparison.Ordinal))) text.Append(Reference(folder, (int)tokens));
        }

        Console.WriteLine(text);
        int at = Array.IndexOf(args, "--out");
        if (at >= 0) File.WriteAllText(args[at + 1], text.ToString());
        return 0;
    }

    private static string Product((int M, int N, int K) shape, int threads, double seconds, double peak)
    {
        var (m, n, k) = shape;
        using Device exact = Open(Precision.Exact, threads), fast = Open(Precision.Fast, threads);
        using ProductRacer one = new(exact, m, n, k), other = new(fast, m, n, k);
        var race = new Interleaved(cpuTime: false);
        double flop = 2.0 * m * n * k;
        race.Run(seconds / 4, Math.Max(1, (int)(2e9 / flop)), one.Run, other.Run);
        double fastRate = flop / race.Median(1) / 1e9;
        return FormattableString.Invariant(
            $"| {m}x{n}x{k} | {flop / race.Median(0) / 1e9:F0} | {fastRate:F0} | {fastRate / peak:P0} | {1 / race.Ratio(1, 0):F2} |\n");
    }

    private static string Forward(string folder, string[] args, double seconds, double fma, double brain)
    {
        int tokens = (int)Number(args, "--tokens", 512), length = (int)Number(args, "--length", tokens);
        using Device exact = Open(Precision.Exact, 0), fast = Open(Precision.Fast, 0);
        using LanguageModel one = LanguageModel.Load(folder, exact), other = LanguageModel.Load(folder, fast);
        using Batch left = Pack(one, tokens, length), right = Pack(other, tokens, length);
        var race = new Interleaved(cpuTime: false);
        race.Run(seconds, 1, () => one.Run(left, ForwardOutput.LogProbs), () => other.Run(right, ForwardOutput.LogProbs));
        double flop = ForwardReport.Flop(one.Spec, length) * left.Tokens, slow = flop / race.Median(0) / 1e9, quick = flop / race.Median(1) / 1e9;
        using Batch little = Pack(one, 64, 64), same = Pack(other, 64, 64);
        double apart = RelativeRms(one.Run(little, ForwardOutput.Logits).Logits, other.Run(same, ForwardOutput.Logits).Logits);
        return FormattableString.Invariant(
            $"| {Path.GetFileName(folder)} | {tokens / length} x {length} | {race.Median(0) * 1e3:F1} | {slow:F0} | {slow / fma:P0} | {race.Median(1) * 1e3:F1} | {quick:F0} | {quick / brain:P0} | {1 / race.Ratio(1, 0):F2} | {apart:E1} |\n");
    }

    private static string Reference(string folder, int tokens)
    {
        float[] Logits(string name, Precision precision)
        {
            using var device = DeviceRegistry.Default.Open(name, new DeviceOptions(0, precision));
            using var model = LanguageModel.Load(folder, device);
            using var batch = Pack(model, tokens, tokens);
            return model.Run(batch, ForwardOutput.Logits).Logits;
        }

        float[] expected = Logits("ref", Precision.Exact);
        return FormattableString.Invariant(
            $"| {Path.GetFileName(folder)} | {RelativeRms(expected, Logits("cpu", Precision.Exact)):E1} | {RelativeRms(expected, Logits("cpu", Precision.Fast)):E1} |\n");
    }

    private static Device Open(Precision precision, int threads)
    {
        var device = DeviceRegistry.Default.Open("cpu", new DeviceOptions(threads, precision));
        return device.WhyNotFast is { } reason ? throw new NotSupportedException(reason) : device;
    }

    private static Batch Pack(LanguageModel model, int tokens, int length)
    {
        var random = new Random(2);
        return Batch.Pack(
            model, [.. Enumerable.Range(0, tokens / length).Select(_ => Enumerable.Range(0, length).Select(_ => random.Next(4, model.Spec.Vocabulary)).ToArray())]);
    }

    private static double RelativeRms(float[] expected, float[] actual)
    {
        double difference = 0, size = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            difference += Math.Pow((double)actual[i] - expected[i], 2);
            size += (double)expected[i] * expected[i];
        }

        return Math.Sqrt(difference / size);
    }

    private static double Number(string[] args, string name, double fallback)
    {
        int at = Array.IndexOf(args, name);
        return at >= 0 && at + 1 < args.Length ? double.Parse(args[at + 1], CultureInfo.InvariantCulture) : fallback;
    }

    private sealed class ProductRacer : IDisposable
    {
        private readonly Device _device;
        private readonly Weight _weight;
        private readonly Tensor _x;
        private readonly Tensor _y;

        public ProductRacer(Device device, int m, int n, int k)
        {
            _device = device;
            var random = new Random(3);
            _weight = device.CreateWeight(DType.BF16, n, k, "w");
            var row = new ushort[k];
            for (int j = 0; j < n; j++)
            {
                for (int i = 0; i < k; i++) row[i] = DTypes.ToBFloat16(random.NextSingle() - 0.5f);
                _weight.Write(j, System.Runtime.InteropServices.MemoryMarshal.AsBytes<ushort>(row));
            }

            var x = new float[m * k];
            for (int i = 0; i < x.Length; i++) x[i] = random.NextSingle() - 0.5f;
            _x = device.FromFloats(x, new Shape(m, k));
            _y = device.Allocate(new Shape(m, n));
        }

        public void Run() => _device.Ops.Linear(_x, _weight, _y);

        public void Dispose()
        {
            _x.Dispose();
            _y.Dispose();
            _weight.Dispose();
        }
    }
}

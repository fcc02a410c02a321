using System.Globalization;
using System.Text;
using Babel.Analysis.Planning;
using Babel.Kernels;
using Babel.Kernels.Diagnostics.Bench;
using Babel.Model;

namespace Babel.Bench;

/// <summary>
/// <c>fast MODEL... [--tokens N] [--length T] [--seconds S] [--rounds R] [--reference N] [--gemm] [--out FILE.md]</c>: model folders in exact and in fast precision by turns, beside the peaks of both
/// instructions measured in the same rounds, and how far their logits are apart. <c>--reference N</c>: also how far both are from float64, for a sequence of N tokens. <c>--gemm</c>: products only.
/// </summary>
internal static class FastReport
{
    private static readonly (int M, int N, int K)[] Shapes =
        [(512, 2048, 2048), (512, 5632, 2048), (512, 2048, 5632), (512, 256, 2048), (256, 768, 768), (32, 2048, 2048), (8, 2048, 2048), (1, 2048, 2048)];

    /// <summary>Measures and prints.</summary>
    public static int Run(string[] args)
    {
        int threads = Environment.ProcessorCount;
        double seconds = Number(args, "--seconds", 4);
        var text = new StringBuilder(FormattableString.Invariant($"{threads} threads\n\n"));
        if (args.Contains("--gemm"))
        {
            text.Append("| M x N x K | BF16 exact | of FMA peak | fast | of VDPBF16PS peak | fast over exact |\n| --- | --- | --- | --- | --- | --- |\n");
            foreach (var shape in Shapes) text.Append(Product(shape, threads, seconds));
        }

        text.Append("\n| model | tokens | exact, ms | GFLOP/s | FMA peak | share | fast, ms | GFLOP/s | VDPBF16PS peak | share | fast over exact | logits apart |\n");
        text.Append("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n");
        foreach (string folder in args.TakeWhile(a => !a.StartsWith("--", StringComparison.Ordinal))) text.Append(Forward(folder, args, seconds));
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

    private static string Product((int M, int N, int K) shape, int threads, double seconds)
    {
        var (m, n, k) = shape;
        using Device exact = Open(Precision.Exact, threads), fast = Open(Precision.Fast, threads);
        using ProductRacer one = new(exact, m, n, k), other = new(fast, m, n, k);
        double flop = 2.0 * m * n * k;
        int repeats = Math.Max(1, (int)(4e9 / flop));
        void Repeat(Action run)
        {
            for (int i = 0; i < repeats; i++) run();
        }

        var rates = new Rates(seconds / 4, 9, () => Repeat(one.Run), () => Repeat(other.Run), flop * repeats);
        return FormattableString.Invariant(
            $"| {m}x{n}x{k} | {rates.Exact:F0} | {rates.Exact / rates.Fma:P0} | {rates.Fast:F0} | {rates.Fast / rates.Brain:P0} | {rates.Gain:F2} |\n");
    }

    private static string Forward(string folder, string[] args, double seconds)
    {
        int tokens = (int)Number(args, "--tokens", 512), length = (int)Number(args, "--length", tokens);
        using Device exact = Open(Precision.Exact, 0), fast = Open(Precision.Fast, 0);
        using LanguageModel one = LanguageModel.Load(folder, exact), other = LanguageModel.Load(folder, fast);
        using Batch left = Pack(one, tokens, length), right = Pack(other, tokens, length);
        double flop = ForwardCost.Of(one.Spec, length).Total * left.Tokens;
        var rates = new Rates(
            seconds, (int)Number(args, "--rounds", 9), () => one.Run(left, ForwardOutput.LogProbs), () => other.Run(right, ForwardOutput.LogProbs), flop);
        using Batch little = Pack(one, 64, 64), same = Pack(other, 64, 64);
        double apart = RelativeRms(one.Run(little, ForwardOutput.Logits).Logits, other.Run(same, ForwardOutput.Logits).Logits);
        return FormattableString.Invariant(
            $"| {Path.GetFileName(folder)} | {tokens / length} x {length} | {flop / rates.Exact / 1e6:F0} | {rates.Exact:F0} | {rates.Fma:F0} | {rates.Exact / rates.Fma:P0} | {flop / rates.Fast / 1e6:F0} | {rates.Fast:F0} | {rates.Brain:F0} | {rates.Fast / rates.Brain:P0} | {rates.Gain:F2} | {apart:E1} |\n");
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

    /// <summary>GFLOP/s of two ways to do the same, and of the peaks, by turns: medians, and the median ratio of neighbours.</summary>
    private sealed class Rates
    {
        private const double PeakSeconds = 0.02;
        private readonly List<double> _fma = [];
        private readonly List<double> _brain = [];

        public Rates(double seconds, int rounds, Action exact, Action fast, double flop)
        {
            var race = new Race { Rehearse = true, LeastRounds = rounds };
            using Device plain = Open(Precision.Exact, 0), brain = Open(Precision.Fast, 0);
            race.Run(
                seconds, exact, fast, () => _fma.Add(DeviceCeilings.Arithmetic(plain, PeakSeconds).Rate), () => _brain.Add(DeviceCeilings.Arithmetic(brain, PeakSeconds).Rate));
            (Exact, Fast, Gain) = (flop / race.Time(0).Median / 1e9, flop / race.Time(1).Median / 1e9, 1 / race.Ratio(1, 0));
        }

        public double Exact { get; }

        public double Fast { get; }

        public double Gain { get; }

        public double Fma => Middle(_fma);

        public double Brain => Middle(_brain);

        private static double Middle(List<double> values) => values.Order().ElementAt(values.Count / 2);
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

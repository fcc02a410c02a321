using System.Globalization;
using Babel.Kernels;
using Babel.Kernels.Cpu;

namespace Babel.Bench;

/// <summary>
/// <c>taps [--seconds S] [--threads T] [--cpu-time]</c>: the three products of a gated FFN, plain, with neurons switched off, with statistics of the
/// neurons, and with statistics of gate, up and neurons; the last three as the share they add to the plain time.
/// </summary>
internal static class TapReport
{
    private static readonly (int Tokens, int D, int F)[] Shapes = [(256, 2048, 5632), (256, 1024, 4096), (512, 256, 1024)];

    /// <summary>Measures and prints.</summary>
    public static int Run(string[] args)
    {
        double seconds = Number(args, "--seconds", 2);
        int threads = (int)Number(args, "--threads", 1);
        var race = new Interleaved(args.Contains("--cpu-time"));
        foreach (var (tokens, d, f) in Shapes)
        {
            using var device = new CpuDeviceProvider().Open(DeviceSpec.Parse("cpu"), new DeviceOptions(threads));
            using var x = Random(device, new Shape(tokens, d));
            using var h = device.Allocate(new Shape(tokens, f));
            using var y = device.Allocate(new Shape(tokens, d));
            using Weight gate = Random(device, f, d), up = Random(device, f, d), down = Random(device, d, f);
            var mask = new float[f];
            for (int i = 0; i < f; i++) mask[i] = i % 50 == 0 ? 0 : 1;
            using var scale = device.FromFloats(mask, new Shape(f));
            using TapStats a = new(device, 4, f), b = new(device, 4, f), c = new(device, 4, f);
            var layout = SequenceLayout.Packed([tokens / 4, tokens / 4, tokens / 4, tokens / 4]);
            var plain = new GatedEpilogue { Activation = new(ActivationKind.Silu) };
            var one = plain with { Post = new NeuronTap(Stats: a, Layout: layout) };
            var three = one with { GatePre = new NeuronTap(Stats: b, Layout: layout), UpPre = new NeuronTap(Stats: c, Layout: layout) };
            Action Forward(GatedEpilogue epilogue) => () =>
            {
                device.Ops.GatedLinear(x, gate, up, h, epilogue);
                device.Ops.Linear(h, down, y);
            };
            race.Run(seconds, 1, Forward(plain), Forward(plain with { Scale = scale.View }), Forward(one), Forward(three));
            Console.WriteLine(FormattableString.Invariant(
                $"tokens {tokens} D {d} F {f} threads {threads}: plain {race.Median(0) * 1e3:F2} ms; switched off {race.Ratio(1, 0) - 1:+0.0 %;-0.0 %}, statistics {race.Ratio(2, 0) - 1:+0.0 %;-0.0 %}, three statistics {race.Ratio(3, 0) - 1:+0.0 %;-0.0 %}"));
        }

        return 0;
    }

    private static double Number(string[] args, string name, double otherwise)
    {
        int at = Array.IndexOf(args, name);
        return at >= 0 && at + 1 < args.Length ? double.Parse(args[at + 1], CultureInfo.InvariantCulture) : otherwise;
    }

    private static float[] Values(long count)
    {
        var random = new Random(1);
        var values = new float[count];
        for (int i = 0; i < values.Length; i++) values[i] = (float)random.NextDouble() - 0.5f;
        return values;
    }

    private static Tensor Random(Device device, Shape shape) => device.FromFloats(Values(shape.Count), shape);

    private static Weight Random(Device device, int rows, int columns)
    {
        var weight = device.CreateWeight(DType.F32, rows, columns, "w");
        weight.Write(0, System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(Values((long)rows * columns)));
        return weight;
    }
}

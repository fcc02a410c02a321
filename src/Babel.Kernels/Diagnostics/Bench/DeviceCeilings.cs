using System.Runtime.InteropServices;

namespace Babel.Kernels.Diagnostics.Bench;

/// <summary>What a device can do at most, measured: every rate is stated as a share of it (the roofline of Williams et al. 2009, doi 10.1145/1498765.1498785).</summary>
/// <param name="Gflops">10^9 floating point operations a second.</param>
/// <param name="GflopsMeaning">By what that was measured.</param>
/// <param name="Gigabytes">10^9 bytes of memory a second.</param>
/// <param name="GigabytesMeaning">By what that was measured.</param>
public sealed record DeviceCeilings(double Gflops, string GflopsMeaning, double Gigabytes, string GigabytesMeaning)
{
    private const int Side = 4096;
    private const long SumFloats = 64L << 20;
    private const double Seconds = 0.5;

    /// <summary>The least time that so much work can take, in seconds: arithmetic and memory traffic at once, each at its ceiling.</summary>
    public double LeastSeconds(double flop, double bytes) => Math.Max(flop / (Gflops * 1e9), bytes / (Gigabytes * 1e9));

    /// <summary>Measures both.</summary>
    public static DeviceCeilings Measure(Device device)
    {
        Ceiling arithmetic = Arithmetic(device, Seconds), memory = Memory(device, Seconds);
        return new DeviceCeilings(arithmetic.Rate, arithmetic.Meaning, memory.Rate, memory.Meaning);
    }

    /// <summary>Arithmetic: by the device's own measurement (<see cref="IDeviceCeilings"/>), or else a large square product.</summary>
    public static Ceiling Arithmetic(Device device, double seconds)
    {
        if (device is IDeviceCeilings own) return own.MeasureArithmetic(seconds);

        // The reference device would compute a product of that size for hours.
        int side = device.ComputeType == DType.F64 ? Side / 16 : Side;
        return new Ceiling(Product(device, side, seconds), $"product of {side} cubed, F32 weights");
    }

    /// <summary>Memory: the best of many passes, see <see cref="OpenMemory"/>.</summary>
    public static Ceiling Memory(Device device, double seconds)
    {
        using var pass = OpenMemory(device);
        return pass.Best(seconds);
    }

    /// <summary>A pass over memory: the device's own, or else a large sum.</summary>
    public static MemoryPass OpenMemory(Device device)
    {
        if (device is IDeviceCeilings own) return own.OpenMemory();
        long columns = 1 << 16, count = device.ComputeType == DType.F64 ? SumFloats / 64 : SumFloats;
        var shape = new Shape(count / columns, columns);
        const string Meaning = "sum of two large tensors, 2 reads and a write";
        float[] row = new float[columns];
        return MemoryPass.Open(
            device,
            3 * count * device.ComputeType.Size(),
            Meaning,
            device.ComputeType,
            shape,
            3,
            t => device.Ops.Add(t[0], t[1], t[2]),
            t =>
            {
                for (long i = 0; i < 2 * shape[0]; i++) device.Write(row, t[i % 2].View.Rows(i / 2, 1));
            });
    }

    private static double Product(Device device, int side, double seconds)
    {
        var shape = new Shape(side, side);
        using Tensor x = device.Allocate(shape), y = device.Allocate(shape);
        using var w = device.CreateWeight(DType.F32, side, side, "ceiling");
        float[] row = new float[side];
        Array.Fill(row, 0.01f);
        for (int i = 0; i < side; i++)
        {
            w.Write(i, MemoryMarshal.AsBytes<float>(row));
            device.Write(row, x.View.Rows(i, 1));
        }

        return 2.0 * side * side * side / Best(device, seconds, () => device.Ops.Linear(x, w, y)) / 1e9;
    }

    private static double Best(Device device, double seconds, Action call)
    {
        var race = new Race();
        race.Run(seconds, () =>
        {
            call();
            device.Synchronize();
        });
        return race.Time(0).Low;
    }
}

using System.Runtime.InteropServices;
using Babel.Kernels;
using Babel.Kernels.Cpu;
using Babel.Kernels.Diagnostics.Bench;
using Babel.Kernels.Interop;

namespace Babel.Bench.Interop;

/// <summary>One product, run by turns by our kernels in three storage types and by OpenBLAS.</summary>
internal sealed unsafe class GemmRace : IDisposable
{
    private readonly int _m, _n, _k, _threads;
    private readonly bool _blas;
    private readonly Device _device;
    private readonly Tensor _x, _y, _rowMajor;
    private readonly Weight _f32, _bf16, _f16;

    /// <summary>Prepares operands with random values.</summary>
    public GemmRace(string device, int threads, int m, int n, int k, bool blas)
    {
        (_m, _n, _k, _threads, _blas) = (m, n, k, threads, blas);
        _device = new CpuDeviceProvider().Open(DeviceSpec.Parse(device), new DeviceOptions(threads));
        var random = new Random(1);
        _x = _device.FromFloats(Values(random, m * k), new Shape(m, k));
        _y = _device.Allocate(new Shape(m, n));
        var w = Values(random, n * k);
        _rowMajor = _device.FromFloats(w, new Shape(n, k));
        _f32 = Weight(DType.F32, MemoryMarshal.AsBytes<float>(w));
        _bf16 = Weight(DType.BF16, MemoryMarshal.AsBytes<ushort>(Array.ConvertAll(w, DTypes.ToBFloat16)));
        _f16 = Weight(DType.F16, MemoryMarshal.AsBytes<Half>(Array.ConvertAll(w, v => (Half)v)));
    }

    /// <summary>Runs all by turns for about <paramref name="seconds"/>.</summary>
    public GemmMeasurement Measure(double seconds, bool cpuTime)
    {
        if (_blas) OpenBlas.SetThreads(_threads);

        double flop = 2.0 * _m * _n * _k;
        var race = new Race(cpuTime ? () => ThreadClock.Seconds : null) { Rehearse = true, LeastRounds = 9 };
        race.Run(seconds, () => Ours(_f32), () => Ours(_bf16), () => Ours(_f16), Blas);
        double Rate(int i) => flop / race.Time(i).Median / 1e9;
        double Ratio(int i) => _blas ? race.Ratio(3, i) : 0;
        return new GemmMeasurement(
            _m, _n, _k, _threads, Rate(0), Rate(1), Rate(2), _blas ? Rate(3) : 0, Ratio(0), Ratio(1), Ratio(2));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var weight in (Weight[])[_f32, _bf16, _f16]) weight.Dispose();
        foreach (var tensor in (Tensor[])[_x, _y, _rowMajor]) tensor.Dispose();
        _device.Dispose();
    }

    private static float[] Values(Random random, int count)
    {
        var values = new float[count];
        for (int i = 0; i < count; i++) values[i] = ((float)random.NextDouble() * 2) - 1;
        return values;
    }

    private static float* Address(Tensor tensor) => (float*)((HostMemory)tensor.Memory).Address;

    private Weight Weight(DType storage, ReadOnlySpan<byte> rows)
    {
        var weight = _device.CreateWeight(storage, _n, _k, "w");
        weight.Write(0, rows);
        return weight;
    }

    private void Ours(Weight weight) => _device.Ops.Linear(_x, weight, _y);

    private void Blas()
    {
        if (_blas) OpenBlas.Multiply(Address(_x), Address(_rowMajor), Address(_y), _m, _n, _k);
    }
}

using System.Diagnostics;
using System.Runtime.InteropServices;
using Babel.Kernels.Cuda;
using Babel.Kernels.Diagnostics.Bench.Interop;
using Babel.Kernels.Errors;

namespace Babel.Kernels.Diagnostics.Bench;

/// <summary>
/// Times square products of a device in every precision it has, by turns, and beside them those of cuBLAS where a CUDA device finds it: same factors, same memory, same
/// stream. A reading is several products put into the queue and one wait, so that launching them is not what is measured.
/// </summary>
public static class ProductBench
{
    private const int RowsRead = 4;
    private const double ReadingSeconds = 0.02;
    private const int MostCalls = 32;
    private const double PeakSeconds = 0.2;
    private const string Brain = "cuBLAS, bf16 -> bf16";
    private const string Single = "cuBLAS, f32, TF32 off";

    /// <summary>Measures one size.</summary>
    /// <param name="exact">A device of <see cref="Precision.Exact"/>.</param>
    /// <param name="fast">The same device in <see cref="Precision.Fast"/>, or null.</param>
    /// <param name="ceilings">Of both, in that order; the second is not looked at without a fast device.</param>
    /// <param name="side">Rows, outputs and inputs, at least 4.</param>
    /// <param name="seconds">For all together, about.</param>
    /// <param name="cublas">The library's file; null to look for it where the system does.</param>
    /// <exception cref="KernelException"><paramref name="cublas"/> cannot be loaded, or this is no CUDA device.</exception>
    /// <exception cref="DeviceMemoryException">The device has no room for matrices of this size.</exception>
    public static ProductComparison Measure(
        Device exact, Device? fast, (DeviceCeilings Exact, DeviceCeilings? Fast) ceilings, int side, double seconds, string? cublas = null)
    {
        string? whyNot = "cuBLAS is measured beside CUDA devices only";
        var library = exact is CudaDevice ? CublasLibrary.TryLoad(cublas, out whyNot) : null;
        if (cublas is not null && library is null) throw new KernelException("the cuBLAS that was asked for cannot be compared with", cublas, found: whyNot);
        using var ours = new SquareOperands(exact, side);
        using var rounded = fast is null ? null : new SquareOperands(fast, side);
        using var vendor = library is null ? null : new CublasProducts((CudaDevice)exact, library);

        // A GPU multiplies float32 weights with other units than those of its ceiling.
        double floats = exact is CudaDevice gpu ? CudaCeilings.Floats(gpu, PeakSeconds).Rate : ceilings.Exact.Gflops;
        var racers = new List<ProductRacer>
        {
            new("exact, bf16 weights", ours.MultiplyBrain, exact.Synchronize, () => ours.FirstRows(RowsRead), true, ceilings.Exact.Gflops, Brain),
            new("exact, f32 weights", ours.MultiplyFloat, exact.Synchronize, () => ours.FirstRows(RowsRead), false, floats, Single),
        };
        if (fast is not null && rounded is not null)
            racers.Add(new("fast, bf16 weights", rounded.MultiplyBrain, fast.Synchronize, () => rounded.FirstRows(RowsRead), true, ceilings.Fast?.Gflops ?? double.NaN, Brain));
        if (vendor is not null) racers.AddRange(Vendors(vendor, ours, exact, side));
        return Race(side, racers, seconds, vendor?.Description ?? whyNot!);
    }

    private static IEnumerable<ProductRacer> Vendors(CublasProducts vendor, SquareOperands operands, Device device, int side)
    {
        ProductRacer Of(string way, CublasKind kind, bool brain) => new(
            way,
            () => vendor.Multiply(
                kind, side, side, side, brain ? operands.BrainX : operands.X.View.Memory, brain ? operands.BrainWeight : operands.FloatWeight, operands.Y.View.Memory),
            device.Synchronize,
            () => kind == CublasKind.BrainToBrain ? operands.FirstRowsOfBrain(RowsRead) : operands.FirstRows(RowsRead),
            brain);
        yield return Of(Brain, CublasKind.BrainToBrain, brain: true);
        yield return Of("cuBLAS, bf16 -> f32", CublasKind.BrainToFloat, brain: true);
        yield return Of(Single, CublasKind.Float, brain: false);
        yield return Of("cuBLAS, f32, TF32 on", CublasKind.FloatByTf32, brain: false);
    }

    private static ProductComparison Race(int side, List<ProductRacer> racers, double seconds, string vendor)
    {
        var differences = Differences(racers);
        int[] calls = [.. racers.Select(CallsOf)];
        var race = new Race { Warmups = 1 };
        race.Run(seconds, [.. racers.Select((r, i) => (Action)(() =>
        {
            for (int c = 0; c < calls[i]; c++) r.Call();
            r.Wait();
        }))]);
        var ways = racers.Select((r, i) =>
        {
            int beside = racers.FindIndex(o => o.Way == r.Beside);
            double ratio = beside < 0 ? double.NaN : race.Ratio(beside, i) * calls[i] / calls[beside];
            var time = Timing.Of(race.Readings(i).Select(t => t / calls[i]));
            return new ProductMeasurement(side, r.Way, time, r.Peak, beside < 0 ? null : r.Beside, ratio, differences[i]);
        });
        return new ProductComparison(side, [.. ways], vendor);
    }

    /// <summary>Every result against the first of the same factors: a library that was called wrongly is soon fast.</summary>
    private static double[] Differences(List<ProductRacer> racers)
    {
        var results = racers.ConvertAll(r =>
        {
            r.Call();
            r.Wait();
            return r.FirstRows();
        });
        return
        [
            .. racers.Select((r, i) =>
            {
                float[] right = results[racers.FindIndex(o => o.Rounded == r.Rounded)];
                double squares = right.Sum(v => (double)v * v), differences = right.Zip(results[i], (a, b) => ((double)a - b) * ((double)a - b)).Sum();
                return Math.Sqrt(differences / squares);
            }),
        ];
    }

    private static int CallsOf(ProductRacer racer)
    {
        long start = Stopwatch.GetTimestamp();
        racer.Call();
        racer.Wait();
        return (int)Math.Clamp(ReadingSeconds / Stopwatch.GetElapsedTime(start).TotalSeconds, 1, MostCalls);
    }

    /// <summary>x [n, n] of numbers that bfloat16 holds, weights of both types, and room for the result.</summary>
    private sealed class SquareOperands : IDisposable
    {
        private readonly Device _device;
        private readonly int _side;
        private readonly Weight _x;
        private readonly List<IDisposable> _owned = [];

        public SquareOperands(Device device, int side)
        {
            (_device, _side) = (device, side);
            try
            {
                _x = Drawn(DType.BF16, 1);
                BrainWeight = Drawn(DType.BF16, 2);
                FloatWeight = Drawn(DType.F32, 3);
                X = Own(device.Allocate(new Shape(side, side)));
                Y = Own(device.Allocate(new Shape(side, side)));
                using var rows = device.FromInts([.. Enumerable.Range(0, side)], new Shape(side));
                device.Ops.Embed(rows, _x, X);
                device.Synchronize();
            }
            catch
            {
                Dispose();
                throw;
            }
        }

        public Tensor X { get; }

        public Tensor Y { get; }

        public Weight BrainWeight { get; }

        public Weight FloatWeight { get; }

        /// <summary>x as bfloat16, row-major where weights are.</summary>
        public DeviceMemory BrainX => ((Gpu.GpuWeight)_x).Memory;

        public void MultiplyBrain() => _device.Ops.Linear(X, BrainWeight, Y);

        public void MultiplyFloat() => _device.Ops.Linear(X, FloatWeight, Y);

        public float[] FirstRows(int rows) => _device.ToFloats(Y.Rows(rows));

        /// <summary>The same of a result in bfloat16, which lies in the first half of the room.</summary>
        public float[] FirstRowsOfBrain(int rows)
        {
            // An even number of them, so whole elements of the room.
            var bits = new ushort[rows * _side];
            _device.Download(Y.View with { Shape = new Shape(bits.Length / 2) }, MemoryMarshal.AsBytes(bits.AsSpan()));
            return Array.ConvertAll(bits, DTypes.FromBFloat16);
        }

        public void Dispose()
        {
            for (int i = _owned.Count - 1; i >= 0; i--) _owned[i].Dispose();
        }

        private Weight Drawn(DType storage, ulong key)
        {
            var weight = Own(_device.CreateWeight(storage, _side, _side, "bench"));
            weight.Draw(0, _side, new UniformNumbers(key, 0, 1), 0, _side, 1);
            return weight;
        }

        private T Own<T>(T item)
            where T : IDisposable
        {
            _owned.Add(item);
            return item;
        }
    }
}

using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Babel.Kernels;
using Babel.Kernels.Cpu;
using Perfolizer.Horology;

namespace Babel.Bench;

/// <summary>
/// Every operator once, at the sizes of a small transformer: 4 sequences of 64 tokens, D 512, F 1536, V 8192, 8 heads of 64, 4 key/value heads. In process, with
/// few iterations: they show which operator a change has made slower, not the last percent.
/// </summary>
[Config(typeof(InProcess))]
public class OperatorBenchmarks : IDisposable
{
    private const int Sequences = 4, Length = 64, N = Sequences * Length, D = 512, F = 1536, V = 8192, Heads = 8, KvHeads = 4, HeadDim = 64;

    private static readonly AttentionSpec Spec = new() { Heads = Heads, KvHeads = KvHeads, HeadDim = HeadDim, Scale = 0.125f };

    private readonly List<IDisposable> _owned = [];
    private Device _device = null!;
    private SequenceLayout _layout = null!;
    private Tensor _x = null!, _kv = null!, _h = null!, _out = null!, _outKv = null!, _vector = null!, _ids = null!, _scores = null!;
    private Tensor _scoreQ = null!, _scoreK = null!, _gram = null!, _columns = null!, _dots = null!, _cos = null!, _sin = null!, _rows = null!, _positions = null!;
    private Weight _square = null!, _gate = null!, _up = null!, _table = null!;
    private TapStats _stats = null!;

    /// <summary>The device that is measured.</summary>
    [Params("cpu")]
    public string DeviceName { get; set; } = "cpu";

    /// <summary>Allocates the operands.</summary>
    [GlobalSetup]
    public void Setup()
    {
        _device = Own(new CpuDeviceProvider().Open(DeviceSpec.Parse(DeviceName), new DeviceOptions()));
        _layout = SequenceLayout.Packed([Length, Length, Length, Length]);
        (_x, _out, _h) = (Floats(N, D), Floats(N, D), Floats(N, F));
        (_kv, _outKv) = (Floats(N, KvHeads * HeadDim), Floats(N, KvHeads * HeadDim));
        _vector = Floats(1, D);
        (_square, _gate, _up, _table) = (Weight(D, D), Weight(F, D), Weight(F, D), Weight(V, D));
        _ids = Ints(N, V);
        _rows = Own(_device.FromInts([.. Enumerable.Range(0, N)], new Shape(N)));
        _positions = Own(_device.FromInts([.. Enumerable.Range(0, N).Select(i => i % Length)], new Shape(N)));
        _scores = Own(_device.Allocate(new Shape(N)));
        (_scoreQ, _scoreK) = (Floats(Sequences, Heads * HeadDim), Floats(Sequences, KvHeads * HeadDim));
        _gram = Own(_device.FromFloats(Values(KvHeads * HeadDim * 4), new Shape(KvHeads * HeadDim, 2, 2)));
        _columns = Ints(1024, D);
        _dots = Own(_device.Allocate(new Shape(1024)));
        (_cos, _sin) = (Floats(Length, HeadDim / 2), Floats(Length, HeadDim / 2));
        _stats = Own(new TapStats(_device, Sequences, F));
    }

    /// <summary>Token embeddings out of packed panels.</summary>
    [Benchmark]
    public void Embed() => _device.Ops.Embed(_ids, _table, _out);

    /// <summary>RMS norm of every row.</summary>
    [Benchmark]
    public void Norm() => _device.Ops.Norm(NormKind.Rms, _x, _vector.View.Reshape(new Shape(D)), null, 1e-6f, _out);

    /// <summary>A square product.</summary>
    [Benchmark]
    public void Linear() => _device.Ops.Linear(_x, _square, _out);

    /// <summary>The gated pair of an FFN.</summary>
    [Benchmark]
    public void GatedLinear() => _device.Ops.GatedLinear(_x, _gate, _up, _h, new GatedEpilogue { Activation = new(ActivationKind.Silu) });

    /// <summary>The same with statistics of the neurons.</summary>
    [Benchmark]
    public void GatedLinearWithStats() => _device.Ops.GatedLinear(
        _x, _gate, _up, _h, new GatedEpilogue { Activation = new(ActivationKind.Silu), Post = new NeuronTap(Stats: _stats, Layout: _layout) });

    /// <summary>Rotary positions.</summary>
    [Benchmark]
    public void Rope() => _device.Ops.Rope(_x, HeadDim, Rotary(), _out);

    /// <summary>Causal attention with grouped heads.</summary>
    [Benchmark]
    public void Attention() => _device.Ops.Attention(_x, _kv, _outKv, _out, Spec, _layout);

    /// <summary>Log-probabilities over the vocabulary.</summary>
    [Benchmark]
    public void LogProb() => _device.Ops.LogProb(_x, _table, null, Activation.Identity, _ids, _scores);

    /// <summary>A sum of two tensors.</summary>
    [Benchmark]
    public void Add() => _device.Ops.Add(_x, _x, _out);

    /// <summary>Rows picked out.</summary>
    [Benchmark]
    public void GatherRows() => _device.Ops.GatherRows(_x, _rows, _out);

    /// <summary>Rows put in.</summary>
    [Benchmark]
    public void ScatterRows() => _device.Ops.ScatterRows(_x, _rows, _out);

    /// <summary>Statistics of a tensor in memory.</summary>
    [Benchmark]
    public void ColumnStats() => _device.Ops.ColumnStats(_h, _layout, _stats);

    /// <summary>Inner products of columns.</summary>
    [Benchmark]
    public void ColumnDots() => _device.Ops.ColumnDots(_square, _columns, _columns, _dots);

    /// <summary>Importance of value neurons.</summary>
    [Benchmark]
    public void ValueScores() => _device.Ops.ValueScores(_x, _gram, Spec, _layout, _scoreK);

    /// <summary>Importance of query and key neurons.</summary>
    [Benchmark]
    public void QkScores() =>
        _device.Ops.QkScores(
            QkScoreForm.Exact,
            new QkScoreInputs { Q = _x, K = _kv, RotatedQ = _x, RotatedK = _kv, Rotary = Rotary() },
            Spec,
            _layout,
            _scoreQ,
            _scoreK);

    /// <inheritdoc/>
    [GlobalCleanup]
    public void Dispose()
    {
        for (int i = _owned.Count - 1; i >= 0; i--) _owned[i].Dispose();
        _owned.Clear();
        GC.SuppressFinalize(this);
    }

    private static float[] Values(int count)
    {
        var random = new Random(1);
        var values = new float[count];
        for (int i = 0; i < count; i++) values[i] = (float)random.NextDouble() - 0.5f;
        return values;
    }

    private T Own<T>(T item)
        where T : IDisposable
    {
        _owned.Add(item);
        return item;
    }

    private Tensor Floats(int rows, int columns) => Own(_device.FromFloats(Values(rows * columns), new Shape(rows, columns)));

    private Tensor Ints(int count, int below) =>
        Own(_device.FromInts([.. Enumerable.Range(0, count).Select(i => i * 7919 % below)], new Shape(count)));

    private Weight Weight(int rows, int columns)
    {
        var weight = Own(_device.CreateWeight(DType.F32, rows, columns, "w"));
        weight.Write(0, System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(Values(rows * columns)));
        return weight;
    }

    private RotaryTable Rotary() => new(_cos, _sin, _positions);

    private sealed class InProcess : ManualConfig
    {
        public InProcess() =>
            AddJob(Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithWarmupCount(3).WithIterationCount(8)
                .WithIterationTime(TimeInterval.FromMilliseconds(100)));
    }
}

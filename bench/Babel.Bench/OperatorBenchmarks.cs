using System.Runtime.InteropServices;
using Babel.Kernels;
using BenchmarkDotNet.Attributes;

namespace Babel.Bench;

/// <summary>
/// Every operator, once, at the sizes of a model of about half a billion parameters: 4 sequences of 128 tokens. The names are those of
/// <see cref="IOps"/>; a test of the house fails while one is missing.
/// </summary>
/// <remarks>In this process, because the machine code of the kernels is what is measured, and not what a generated project would make of it.</remarks>
[InProcess]
public class OperatorBenchmarks
{
    private const int Sequences = 4, Length = 128, Tokens = Sequences * Length;
    private const int Width = 1024, Ffn = 2816, Vocabulary = 32000, Heads = 16, KvHeads = 8, HeadDim = 64, Queries = Heads * HeadDim, Keys = KvHeads * HeadDim;

    private readonly List<IDisposable> _owned = [];
    private readonly Random _random = new(1);
    private readonly SequenceLayout _layout = SequenceLayout.Packed([.. Enumerable.Repeat(Length, Sequences)]);
    private readonly AttentionSpec _spec = new() { Heads = Heads, KvHeads = KvHeads, HeadDim = HeadDim, Scale = 0.125f };
    private Device _device = null!;
    private Weight _table = null!, _square = null!, _gate = null!, _up = null!, _down = null!;
    private TensorView _ids, _targets, _rows, _columns, _x, _y, _normWeight, _hidden, _q, _k, _v, _z, _scoreQ, _scoreK, _valueScores, _gram, _logs, _dots;
    private RotaryTable _rotary;
    private TapStats _stats = null!;

    /// <summary>The device, as the program names it.</summary>
    [Params("cpu")]
    public string DeviceName { get; set; } = "cpu";

    /// <summary>Worker threads.</summary>
    [Params(1, 2)]
    public int Threads { get; set; } = 1;

    /// <summary>Allocates and fills everything.</summary>
    [GlobalSetup]
    public void Setup()
    {
        _device = DeviceRegistry.Default.Open(DeviceName, new DeviceOptions(Threads));
        (_table, _square) = (Matrix(Vocabulary, Width), Matrix(Width, Width));
        (_gate, _up, _down) = (Matrix(Ffn, Width), Matrix(Ffn, Width), Matrix(Width, Ffn));
        _ids = Integers(Tokens, Vocabulary);
        _targets = Integers(Tokens, Vocabulary);
        _rows = Owned(_device.FromInts([.. Enumerable.Range(0, Tokens).Reverse()], new Shape(Tokens)));
        _columns = Owned(_device.FromInts([.. Enumerable.Range(0, Ffn)], new Shape(Ffn)));
        (_x, _y, _normWeight, _hidden) = (Values(Tokens, Width), Values(Tokens, Width), Values(Width), Values(Tokens, Ffn));
        (_q, _k, _v, _z) = (Values(Tokens, Queries), Values(Tokens, Keys), Values(Tokens, Keys), Values(Tokens, Queries));
        (_scoreQ, _scoreK, _valueScores) = (Values(Sequences, Queries), Values(Sequences, Keys), Values(Sequences, Keys));
        _gram = Owned(_device.FromFloats(Numbers(Keys * 4), new Shape(Keys, 2, 2)));
        (_logs, _dots) = (Values(Tokens), Values(Ffn));
        var positions = Owned(_device.FromInts([.. Enumerable.Range(0, Tokens).Select(n => n % Length)], new Shape(Tokens)));
        _rotary = new RotaryTable(Values(Length, HeadDim / 2), Values(Length, HeadDim / 2), positions);
        _stats = new TapStats(_device, Sequences, Ffn);
        _owned.Add(_stats);
    }

    /// <summary>Releases everything.</summary>
    [GlobalCleanup]
    public void Cleanup()
    {
        foreach (var owned in _owned) owned.Dispose();
        _owned.Clear();
        _device.Dispose();
    }

    [Benchmark] public void Embed() => _device.Ops.Embed(_ids, _table, _y);

    [Benchmark] public void Norm() => _device.Ops.Norm(NormKind.Rms, _x, _normWeight, null, 1e-5f, _y);

    [Benchmark] public void Linear() => _device.Ops.Linear(_x, _square, _y);

    [Benchmark] public void GatedLinear() => _device.Ops.GatedLinear(_x, _gate, _up, _hidden, new GatedEpilogue { Activation = new Activation(ActivationKind.Silu) });

    [Benchmark] public void Rope() => _device.Ops.Rope(_q, HeadDim, _rotary, _z);

    [Benchmark] public void Attention() => _device.Ops.Attention(_q, _k, _v, _z, _spec, _layout);

    [Benchmark] public void LogProb() => _device.Ops.LogProb(_x, _table, null, Activation.Identity, _targets, _logs);

    [Benchmark] public void Add() => _device.Ops.Add(_x, _x, _y);

    [Benchmark] public void GatherRows() => _device.Ops.GatherRows(_x, _rows, _y);

    [Benchmark] public void ScatterRows() => _device.Ops.ScatterRows(_x, _rows, _y);

    [Benchmark] public void ColumnStats() => _device.Ops.ColumnStats(_hidden, _layout, _stats);

    [Benchmark] public void ColumnDots() => _device.Ops.ColumnDots(_down, _columns, _columns, _dots);

    [Benchmark] public void ValueScores() => _device.Ops.ValueScores(_z, _gram, _spec, _layout, _valueScores);

    [Benchmark]
    public void QkScores() => _device.Ops.QkScores(
        QkScoreForm.Exact, new QkScoreInputs { Q = _q, K = _k, RotatedQ = _q, RotatedK = _k, Rotary = _rotary }, _spec, _layout, _scoreQ, _scoreK);

    private float[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(_ => (_random.NextSingle() - 0.5f) * 0.2f)];

    private TensorView Values(int count) => Owned(_device.FromFloats(Numbers(count), new Shape(count)));

    private TensorView Values(int rows, int columns) => Owned(_device.FromFloats(Numbers(rows * columns), new Shape(rows, columns)));

    private TensorView Integers(int count, int below) =>
        Owned(_device.FromInts([.. Enumerable.Range(0, count).Select(_ => _random.Next(below))], new Shape(count)));

    private TensorView Owned(Tensor tensor)
    {
        _owned.Add(tensor);
        return tensor.View;
    }

    private Weight Matrix(int rows, int columns)
    {
        var weight = _device.CreateWeight(DType.BF16, rows, columns, "benchmark");
        weight.Write(0, MemoryMarshal.AsBytes<ushort>([.. Numbers(rows * columns).Select(DTypes.ToBFloat16)]));
        _owned.Add(weight);
        return weight;
    }
}

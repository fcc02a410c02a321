using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Babel.Kernels.Diagnostics.Cases;

/// <summary>
/// The operands of one case on one device. Every tensor stands between two rows of sentinels; <see cref="Damage"/> tells afterwards whether an
/// operator wrote where it must not.
/// </summary>
internal sealed class CaseBench(Device device, int seed, bool withBounds, Precision precision = Precision.Exact) : IDisposable
{
    private const int Guard = 64;
    private const int Sentinel = 0x4B1D_C0DE;

    private readonly Random _random = new(seed);
    private readonly List<Placed> _placed = [];
    private readonly Dictionary<string, TensorView> _outputs = new(StringComparer.Ordinal);
    private readonly Dictionary<string, double[]> _bounds = new(StringComparer.Ordinal);
    private readonly List<IDisposable> _owned = [];

    /// <summary>Whether this run is asked for bounds.</summary>
    public bool WithBounds { get; } = withBounds;

    /// <summary>What the device under test multiplies weights in.</summary>
    public Precision Precision { get; } = precision;

    /// <summary>The device.</summary>
    public Device Device { get; } = device;

    /// <summary>The time of the last <see cref="Call"/>.</summary>
    public double Milliseconds { get; private set; }

    /// <summary>Every output with its bound, read back.</summary>
    public IReadOnlyList<CaseOutput> Outputs =>
        [.. _outputs.Keys.Select(name => new CaseOutput(name, Read(name), _bounds.GetValueOrDefault(name)))];

    /// <summary>Normally distributed numbers.</summary>
    public float[] Normal(int count, double deviation = 1)
    {
        var values = new float[count];
        for (int i = 0; i < count; i++)
        {
            // Box and Muller 1958; 1 - x keeps the logarithm finite.
            double radius = Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble()));
            values[i] = (float)(deviation * radius * Math.Cos(2 * Math.PI * _random.NextDouble()));
        }

        return values;
    }

    /// <summary>Whole numbers from 0 to below <paramref name="limit"/>.</summary>
    public int[] Indices(int count, int limit)
    {
        var values = new int[count];
        for (int i = 0; i < count; i++) values[i] = _random.Next(limit);
        return values;
    }

    /// <summary>0 to below <paramref name="limit"/> in random order.</summary>
    public int[] Permutation(int limit)
    {
        var values = new int[limit];
        for (int i = 0; i < limit; i++) values[i] = i;
        _random.Shuffle(values);
        return values;
    }

    /// <summary>A floating operand that must stay as it is.</summary>
    public TensorView Input(float[] values, Shape shape)
    {
        var view = Place(Device.ComputeType, shape);
        Device.Write(values, view);
        Remember(view);
        return view;
    }

    /// <summary>An optional floating operand.</summary>
    public TensorView? Input(float[]? values, Shape shape, bool present) => present && values is not null ? Input(values, shape) : null;

    /// <summary>Row numbers, ids or targets.</summary>
    public TensorView Ints(int[] values)
    {
        var view = Place(DType.I32, new Shape(values.Length));
        Device.Upload(MemoryMarshal.AsBytes<int>(values), view);
        Remember(view);
        return view;
    }

    /// <summary>An output, filled with NaN.</summary>
    public TensorView Output(string name, Shape shape)
    {
        var poison = new float[shape.Count];
        Array.Fill(poison, float.NaN);
        return Output(name, poison, shape);
    }

    /// <summary>An output that holds something already.</summary>
    public TensorView Output(string name, float[] values, Shape shape)
    {
        var view = Place(Device.ComputeType, shape);
        Device.Write(values, view);
        _outputs.Add(name, view);
        return view;
    }

    /// <summary>A tensor that a preparing operator fills; neither input nor output of the case.</summary>
    public TensorView Working(Shape shape) => Place(Device.ComputeType, shape);

    /// <summary>Statistics with room for one sequence more than is used, filled with NaN.</summary>
    public TapStats Stats(string name, int sequences, int width)
    {
        var stats = new TapStats(Device, sequences + 1, width);
        _owned.Add(stats);
        int count = (sequences + 1) * width;
        var poison = new int[count];
        Array.Fill(poison, -1);
        Device.Upload(MemoryMarshal.AsBytes<int>(poison), stats.Count);
        var nan = new float[count];
        Array.Fill(nan, float.NaN);
        foreach (var tensor in (Tensor[])[stats.Sum, stats.SumAbs, stats.SumSquares, stats.Max]) Device.Write(nan, tensor);

        _outputs.Add(name + ".Count", stats.Count.Rows(sequences));
        _outputs.Add(name + ".Sum", stats.Sum.Rows(sequences));
        _outputs.Add(name + ".SumAbs", stats.SumAbs.Rows(sequences));
        _outputs.Add(name + ".SumSquares", stats.SumSquares.Rows(sequences));
        _outputs.Add(name + ".Max", stats.Max.Rows(sequences));
        return stats;
    }

    /// <summary>A weight; the values must be representable in the storage type.</summary>
    public Weight Weight(float[] values, int rows, int columns, DType storage)
    {
        var weight = Device.CreateWeight(storage, rows, columns, "w");
        _owned.Add(weight);
        weight.Write(0, Storage.Encode(values, storage));
        return weight;
    }

    /// <summary>Calls the operator under test.</summary>
    public void Call(Action<IOps> call)
    {
        Device.Synchronize();
        long start = Stopwatch.GetTimestamp();
        call(Device.Ops);
        Device.Synchronize();
        Milliseconds = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    /// <summary>States what rounding may do to an output; without it an output must be exact.</summary>
    public void Bound(string output, double[] bounds) => _bounds[output] = bounds;

    /// <summary>Reads an output back.</summary>
    public double[] Read(string name)
    {
        var view = _outputs[name];
        return view.DType == DType.I32 ? Array.ConvertAll(Device.ToInts(view), v => (double)v) : Device.ToDoubles(view);
    }

    /// <summary>Reads a floating tensor back.</summary>
    public double[] Read(TensorView view) => Device.ToDoubles(view);

    /// <summary>What was written that must not be, or null.</summary>
    public string? Damage()
    {
        foreach (var placed in _placed)
        {
            var all = Bytes(placed.Tensor);
            int size = placed.View.DType.Size(), start = Guard * size, end = start + checked((int)(placed.View.Count * size));
            var words = MemoryMarshal.Cast<byte, int>(all.AsSpan());
            for (int i = 0; i < words.Length; i++)
            {
                bool inside = i * sizeof(int) >= start && i * sizeof(int) < end;
                if (!inside && words[i] != Sentinel) return $"a sentinel beside a tensor of {placed.View.Shape} was overwritten on {Device.Name}";
            }

            if (placed.Contents is { } contents && !contents.AsSpan().SequenceEqual(all.AsSpan(start, end - start)))
                return $"an input of {placed.View.Shape} was changed on {Device.Name}";
        }

        return null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var owned in _owned) owned.Dispose();
    }

    private TensorView Place(DType dtype, Shape shape)
    {
        var tensor = Device.Allocate(dtype, new Shape(shape.Count + (2 * Guard)));
        _owned.Add(tensor);
        var sentinels = new int[tensor.View.Count * dtype.Size() / sizeof(int)];
        Array.Fill(sentinels, Sentinel);
        Device.Upload(MemoryMarshal.AsBytes<int>(sentinels), tensor);
        var view = tensor.View with { Shape = shape, Offset = Guard };
        _placed.Add(new Placed(tensor, view));
        return view;
    }

    private void Remember(TensorView view)
    {
        var contents = new byte[checked((int)(view.Count * view.DType.Size()))];
        Device.Download(view, contents);
        _placed[^1].Contents = contents;
    }

    private byte[] Bytes(Tensor tensor)
    {
        var bytes = new byte[checked((int)(tensor.View.Count * tensor.View.DType.Size()))];
        Device.Download(tensor, bytes);
        return bytes;
    }

    private sealed class Placed(Tensor tensor, TensorView view)
    {
        public Tensor Tensor { get; } = tensor;

        public TensorView View { get; } = view;

        public byte[]? Contents { get; set; }
    }
}

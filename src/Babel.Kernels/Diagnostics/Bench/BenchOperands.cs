namespace Babel.Kernels.Diagnostics.Bench;

/// <summary>Operands of one measured case: made here, filled with small numbers, gone with this.</summary>
internal sealed class BenchOperands(Device device, OperatorBenchShape shape) : IDisposable
{
    private readonly List<IDisposable> _owned = [];
    private uint _state = 1;
    private ulong _weights = 1;

    /// <summary>What computes.</summary>
    public IOps Ops => device.Ops;

    /// <summary>The sizes asked for.</summary>
    public OperatorBenchShape Shape => shape;

    /// <summary>The attention of the model.</summary>
    public AttentionSpec Attention => new()
    {
        Heads = shape.Heads, KvHeads = shape.KvHeads, HeadDim = shape.HeadDim, Scale = (float)(1 / Math.Sqrt(shape.HeadDim)),
    };

    /// <summary>The batch's sequences.</summary>
    public SequenceLayout Layout { get; } = SequenceLayout.Packed([.. Enumerable.Repeat(shape.Length, shape.Sequences)]);

    /// <summary>Bytes of an element as weights store it.</summary>
    public int WeightSize => shape.Weights.Size();

    /// <summary>Activations between -1/2 and 1/2.</summary>
    public Tensor Floats(long rows, long columns)
    {
        var tensor = Own(device.Allocate(new Shape(rows, columns)));
        for (long r = 0; r < rows; r++) device.Write(Row(columns), tensor.View.Rows(r, 1));
        return tensor;
    }

    /// <summary>Integers that run through [0, below) with a large step.</summary>
    public Tensor Ints(int count, int below) =>
        Own(device.FromInts([.. Enumerable.Range(0, count).Select(i => (int)(i * 7919L % below))], new Shape(count)));

    /// <summary>0, 1, 2, ...</summary>
    public Tensor Ascending(int count) => Own(device.FromInts([.. Enumerable.Range(0, count)], new Shape(count)));

    /// <summary>A weight between -1/2 and 1/2, drawn on the device.</summary>
    public Weight Weight(long rows, long columns)
    {
        var weight = Own(device.CreateWeight(shape.Weights, rows, columns, "bench"));
        weight.Draw(0, rows, new UniformNumbers(_weights++, 0, 1), 0, columns, 1);
        return weight;
    }

    /// <summary>Angles of <paramref name="positions"/> positions, and the rows of the batch's tokens in it.</summary>
    public RotaryTable Rotary(int positions)
    {
        var rows = Own(device.FromInts([.. Enumerable.Range(0, shape.Tokens).Select(i => i % shape.Length)], new Shape(shape.Tokens)));
        return new RotaryTable(Floats(positions, shape.HeadDim / 2), Floats(positions, shape.HeadDim / 2), rows);
    }

    /// <summary>Room for statistics.</summary>
    public TapStats Stats(long width) => Own(new TapStats(device, shape.Sequences, width));

    /// <inheritdoc/>
    public void Dispose()
    {
        for (int i = _owned.Count - 1; i >= 0; i--) _owned[i].Dispose();
        _owned.Clear();
    }

    private float[] Row(long columns)
    {
        var row = new float[columns];
        for (int i = 0; i < row.Length; i++)
        {
            // Numerical Recipes' linear congruence: fast, and good enough for numbers whose values do not matter.
            _state = (_state * 1664525) + 1013904223;
            row[i] = ((_state >> 8) * (1f / (1 << 24))) - 0.5f;
        }

        return row;
    }

    private T Own<T>(T item)
        where T : IDisposable
    {
        _owned.Add(item);
        return item;
    }
}

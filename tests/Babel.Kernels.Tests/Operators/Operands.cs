using Babel.Kernels.Diagnostics.Cases;

namespace Babel.Kernels.Tests.Operators;

/// <summary>Random queries, keys and values on a device.</summary>
internal sealed class Operands : IDisposable
{
    private readonly Device _device;
    private readonly List<IDisposable> _owned = [];
    private readonly long _width;
    private readonly long _kvWidth;

    public Operands(Device device, int tokens, int width, int kvWidth)
    {
        _device = device;
        _width = width;
        _kvWidth = kvWidth;
        using var bench = new CaseBench(device, 5, withBounds: false);
        Q = Own(device.FromFloats(bench.Normal(tokens * width), new Shape(tokens, width)));
        K = Own(device.FromFloats(bench.Normal(tokens * kvWidth), new Shape(tokens, kvWidth)));
        V = Own(device.FromFloats(bench.Normal(tokens * kvWidth), new Shape(tokens, kvWidth)));
        Ones = Own(device.FromFloats([.. Enumerable.Repeat(1f, width)], new Shape(width)));
        Gram = Own(device.FromFloats(bench.Normal(width * (width / kvWidth)), new Shape(kvWidth, width / kvWidth, width / kvWidth)));
    }

    public Tensor Q { get; }

    public Tensor K { get; }

    public Tensor V { get; }

    public Tensor Ones { get; }

    public Tensor Gram { get; }

    /// <summary>Attention of query rows first .. + count; the layout's keys are rows of all keys.</summary>
    public float[] Attention(AttentionSpec spec, SequenceLayout layout, int first, int count, Tensor? pattern = null)
    {
        using var output = _device.Allocate(new Shape(count, _width));
        TensorView? stored = pattern is null ? null : pattern.View;
        _device.Ops.Attention(Q.View.Rows(first, count), K, V, output, spec, layout, null, stored);
        return _device.ToFloats(output);
    }

    public (float[] Q, float[] K) QkScores(AttentionSpec spec, int[] lengths, int first)
    {
        var layout = SequenceLayout.Packed(lengths);
        TensorView q = Q.View.Rows(first, layout.Tokens), k = K.View.Rows(first, layout.Tokens);
        using var scoreQ = _device.Allocate(new Shape(lengths.Length, _width));
        using var scoreK = _device.Allocate(new Shape(lengths.Length, _kvWidth));
        var inputs = new QkScoreInputs { Q = q, K = k, RotatedQ = q, RotatedK = k };
        _device.Ops.QkScores(QkScoreForm.Exact, inputs, spec, layout, scoreQ, scoreK);
        return (_device.ToFloats(scoreQ), _device.ToFloats(scoreK));
    }

    public float[] ValueScores(AttentionSpec spec, int[] lengths, int first)
    {
        var layout = SequenceLayout.Packed(lengths);
        using var scores = _device.Allocate(new Shape(lengths.Length, _kvWidth));
        _device.Ops.ValueScores(Q.View.Rows(first, layout.Tokens), Gram, spec, layout, scores);
        return _device.ToFloats(scores);
    }

    public (float[] Norm, float[] Sum, float[] Squares) Rows(int first, int[] lengths)
    {
        var layout = SequenceLayout.Packed(lengths);
        using var output = _device.Allocate(new Shape(layout.Tokens, _width));
        using var stats = new TapStats(_device, lengths.Length, _width);
        var x = Q.View.Rows(first, layout.Tokens);
        _device.Ops.Norm(NormKind.Layer, x, Ones, null, 1e-5f, output);
        _device.Ops.ColumnStats(x, layout, stats);
        return (_device.ToFloats(output), _device.ToFloats(stats.Sum), _device.ToFloats(stats.SumSquares));
    }

    public void Dispose()
    {
        foreach (var owned in _owned) owned.Dispose();
    }

    private Tensor Own(Tensor tensor)
    {
        _owned.Add(tensor);
        return tensor;
    }
}

using Babel.Kernels;

namespace Babel.Model.Decoding;

/// <summary>Rotated keys and values of every layer, one stretch of rows a sequence. No row is ever changed: keys stay as they were turned.</summary>
internal sealed class KvCache : IDisposable
{
    private readonly Tensor[] _keys;
    private readonly Tensor[] _values;

    public KvCache(DecoderSpec spec, Device device, ReadOnlySpan<int> capacities)
    {
        Starts = new int[capacities.Length];
        int rows = 0;
        for (int s = 0; s < capacities.Length; s++)
        {
            Starts[s] = rows;
            rows = checked(rows + capacities[s]);
        }

        var shape = new Shape(rows, spec.KvWidth);
        _keys = [.. Enumerable.Range(0, spec.Layers).Select(_ => device.Allocate(shape))];
        _values = [.. Enumerable.Range(0, spec.Layers).Select(_ => device.Allocate(shape))];
    }

    /// <summary>The first row of every sequence.</summary>
    public int[] Starts { get; }

    public TensorView Keys(int layer) => _keys[layer];

    public TensorView Values(int layer) => _values[layer];

    public void Dispose()
    {
        foreach (var tensor in _keys) tensor.Dispose();
        foreach (var tensor in _values) tensor.Dispose();
    }
}

using Babel.Kernels;

namespace Babel.Model.Decoding;

/// <summary>Buffers of a forward pass by purpose, kept between calls and grown when a larger batch comes.</summary>
internal sealed class Scratch(Device device) : IDisposable
{
    private readonly Dictionary<string, Tensor> _tensors = new(StringComparer.Ordinal);

    /// <summary>The first <paramref name="rows"/> rows of a buffer; its contents are undefined. One purpose has one width at a time.</summary>
    public TensorView Get(string purpose, long rows, long columns)
    {
        if (_tensors.TryGetValue(purpose, out var tensor) && tensor.View.Shape.Columns == columns && tensor.View.Shape.Rows >= rows) return tensor.Rows(rows);
        tensor?.Dispose();
        _tensors.Remove(purpose);
        tensor = device.Allocate(new Shape(rows, columns));
        _tensors.Add(purpose, tensor);
        return tensor.Rows(rows);
    }

    public void Dispose()
    {
        foreach (var tensor in _tensors.Values) tensor.Dispose();
        _tensors.Clear();
    }
}

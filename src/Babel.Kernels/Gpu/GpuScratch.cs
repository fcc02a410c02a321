namespace Babel.Kernels.Gpu;

/// <summary>
/// Memory that operators use while they run, by purpose: grown on demand and kept, so that a call in steady state allocates nothing. The
/// queue is in order, so an operator may use what the one before it still reads.
/// </summary>
internal sealed class GpuScratch(GpuDevice device) : IDisposable
{
    private readonly Dictionary<string, Tensor> _tensors = new(StringComparer.Ordinal);

    /// <summary>A float32 matrix; what it holds is undefined.</summary>
    public TensorView Floats(string purpose, long rows, long columns) =>
        Get(purpose, DType.F32, checked(rows * columns)).View with { Shape = new Shape(rows, columns) };

    /// <summary>Integers; what they are is undefined.</summary>
    public TensorView Integers(string purpose, long count) => Get(purpose, DType.I32, count).View with { Shape = new Shape(count) };

    /// <summary>Raw bytes.</summary>
    public GpuMemory Bytes(string purpose, long count) => (GpuMemory)Get(purpose, DType.U8, count).Memory;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in _tensors.Values) tensor.Dispose();
        _tensors.Clear();
    }

    private Tensor Get(string purpose, DType dtype, long count)
    {
        if (_tensors.TryGetValue(purpose, out var tensor) && tensor.View.Count >= count) return tensor;

        // Out of the dictionary before the allocation, which may fail.
        _tensors.Remove(purpose);
        tensor?.Dispose();
        tensor = device.Allocate(dtype, new Shape(count));
        _tensors.Add(purpose, tensor);
        return tensor;
    }
}

namespace Babel.Kernels;

/// <summary>A tensor that owns its memory. Operators never see it: they take <see cref="View"/>.</summary>
public sealed class Tensor : IDisposable
{
    /// <summary>Takes ownership of <paramref name="memory"/>.</summary>
    public Tensor(DeviceMemory memory, DType dtype, Shape shape)
    {
        Memory = memory;
        View = new TensorView(memory, dtype, shape, 0);
    }

    /// <summary>The memory, released by <see cref="Dispose"/>.</summary>
    public DeviceMemory Memory { get; }

    /// <summary>The whole tensor as a view.</summary>
    public TensorView View { get; }

    /// <summary>The first <paramref name="rows"/> rows, as a matrix: how a buffer allocated for the largest batch serves a smaller one.</summary>
    public TensorView Rows(long rows) => View.Rows(0, rows);

    /// <summary>Lets operators take the owner where they want a view.</summary>
    public static implicit operator TensorView(Tensor tensor) => tensor.View;

    /// <inheritdoc/>
    public void Dispose() => Memory.Dispose();
}

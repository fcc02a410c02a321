using Babel.Kernels.Errors;
using Babel.Kernels.Interop;

namespace Babel.Kernels;

/// <summary>
/// A non-owning, contiguous, row-major window into a tensor. Valid while the owner lives.
/// </summary>
/// <param name="Memory">The block the elements lie in.</param>
/// <param name="DType">How an element is stored.</param>
/// <param name="Shape">The extents.</param>
/// <param name="Offset">Where the first element lies, in elements from the start of the block.</param>
public readonly record struct TensorView(DeviceMemory Memory, DType DType, Shape Shape, long Offset)
{
    /// <summary>The device the elements lie on.</summary>
    public Device Device => Memory.Device;

    /// <summary>The number of elements.</summary>
    public long Count => Shape.Count;

    /// <summary>Rows <paramref name="start"/> to <paramref name="start"/> + <paramref name="count"/>, as a matrix.</summary>
    public TensorView Rows(long start, long count)
    {
        if (start < 0 || count < 0 || start + count > Shape.Rows)
            throw new ArgumentOutOfRangeException(nameof(count), count, $"rows {start}..{start + count} of {Shape}");
        return this with { Shape = new Shape(count, Shape.Columns), Offset = Offset + (start * Shape.Columns) };
    }

    /// <summary>The same elements with other extents.</summary>
    public TensorView Reshape(Shape shape) => shape.Count == Count
        ? this with { Shape = shape }
        : throw new ArgumentException($"{Shape} has {Count} elements, {shape} has {shape.Count}", nameof(shape));

    /// <summary>The elements as a span; only for tensors in host memory.</summary>
    /// <exception cref="KernelException">The tensor lies on another device, or the element size differs.</exception>
    public Span<T> Span<T>()
        where T : unmanaged
    {
        if (Memory is not HostMemory host)
        {
            throw new KernelException(
                "a tensor of a device was read as host memory", where: Device.Name, hint: "use Device.Download");
        }

        if (System.Runtime.CompilerServices.Unsafe.SizeOf<T>() != DType.Size())
            throw new KernelException($"a tensor of {DType} was read as {typeof(T).Name}", where: Device.Name);
        return host.Span<T>(Offset, Count);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{DType}{Shape}@{Device.Name}";
}

using System.Runtime.InteropServices;
using Babel.Kernels;

namespace Babel.Model.Files;

/// <summary>A tensor in host memory, to be written to a file.</summary>
/// <param name="Name">Its name in the file.</param>
/// <param name="DType">How an element is stored.</param>
/// <param name="Shape">Extents, outermost first.</param>
/// <param name="Data">The elements, row-major, little-endian.</param>
public sealed record NamedTensor(string Name, DType DType, IReadOnlyList<long> Shape, ReadOnlyMemory<byte> Data)
{
    /// <summary>An F32 tensor.</summary>
    public static NamedTensor Of(string name, float[] values, params long[] shape) => Create(name, DType.F32, values, shape);

    /// <summary>An F64 tensor.</summary>
    public static NamedTensor Of(string name, double[] values, params long[] shape) => Create(name, DType.F64, values, shape);

    /// <summary>An I32 tensor.</summary>
    public static NamedTensor Of(string name, int[] values, params long[] shape) => Create(name, DType.I32, values, shape);

    /// <summary>An I64 tensor.</summary>
    public static NamedTensor Of(string name, long[] values, params long[] shape) => Create(name, DType.I64, values, shape);

    /// <summary>A U8 tensor.</summary>
    public static NamedTensor Of(string name, byte[] values, params long[] shape) => Create(name, DType.U8, values, shape);

    private static NamedTensor Create<T>(string name, DType dtype, T[] values, long[] shape)
        where T : unmanaged
    {
        long[] extents = shape.Length == 0 ? [values.Length] : shape;
        long count = 1;
        foreach (long extent in extents) count = checked(count * extent);
        if (count != values.Length)
            throw new ArgumentException($"{name}: {values.Length} values are no [{string.Join(',', extents)}]", nameof(shape));
        return new NamedTensor(name, dtype, extents, MemoryMarshal.AsBytes(values.AsSpan()).ToArray());
    }
}

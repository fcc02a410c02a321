using Babel.Kernels;

namespace Babel.Model.Files;

/// <summary>A tensor of a safetensors file. Begin and End are bytes from the start of the data, checked against dtype, shape and file.</summary>
/// <param name="Name">Its name, any string.</param>
/// <param name="DType">How an element is stored.</param>
/// <param name="Shape">Extents, outermost first; none for a scalar.</param>
/// <param name="Begin">First byte.</param>
/// <param name="End">One past the last byte.</param>
public sealed record TensorEntry(string Name, DType DType, IReadOnlyList<long> Shape, long Begin, long End)
{
    /// <summary>Size in bytes.</summary>
    public long Bytes => End - Begin;

    /// <summary>Number of elements.</summary>
    public long Count => Bytes / DType.Size();

    /// <summary><c>F32[2,3]</c>.</summary>
    public string Form => $"{DType}[{string.Join(',', Shape)}]";
}

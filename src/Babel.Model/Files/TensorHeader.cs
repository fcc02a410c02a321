using Babel.Kernels;

namespace Babel.Model.Files;

/// <summary>What a tensor to be written will be: known before its data.</summary>
/// <param name="Name">Its name in the file.</param>
/// <param name="DType">How an element is stored.</param>
/// <param name="Shape">Extents, outermost first.</param>
public sealed record TensorHeader(string Name, DType DType, IReadOnlyList<long> Shape)
{
    /// <summary>Size in bytes.</summary>
    /// <exception cref="OverflowException">More than 2^63.</exception>
    public long Bytes
    {
        get
        {
            long bytes = DType.Size();
            foreach (long extent in Shape) bytes = checked(bytes * extent);
            return bytes;
        }
    }
}

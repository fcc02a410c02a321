using Babel.Kernels.Errors;

namespace Babel.Kernels;

/// <summary>
/// A weight matrix <c>W [N, K]</c> (N outputs, K inputs: PyTorch's <c>nn.Linear</c> and <c>nn.Embedding</c> order) in the layout its
/// device likes best: packed panels on a CPU, row-major on a GPU. Kept in its storage type and expanded inside kernels, or, on a device of
/// <see cref="Precision.Fast"/>, rounded to BF16 when written.
/// </summary>
/// <remarks>
/// Written once, row block by row block, in any order (so a fused or transposed weight of a file is taken apart while loading, and
/// no copy of the whole matrix exists), then read only. The same weight serves <see cref="IOps.Linear"/> and
/// <see cref="IOps.Embed"/>, so tied embeddings are stored once.
/// </remarks>
public abstract class Weight : IDisposable
{
    /// <summary>Describes a weight; the subclass allocates it.</summary>
    protected Weight(Device device, DType storage, long rows, long columns, string name)
    {
        if (!storage.IsWeightType())
        {
            throw new KernelException(
                "weights cannot be stored in this type", where: name, expected: "F32, F16, BF16 or F64", found: storage.ToString());
        }

        Device = device;
        Storage = storage;
        Rows = rows;
        Columns = columns;
        Name = name;
    }

    /// <summary>The device the weight lies on.</summary>
    public Device Device { get; }

    /// <summary>How an element is stored.</summary>
    public DType Storage { get; }

    /// <summary>N, the outputs.</summary>
    public long Rows { get; }

    /// <summary>K, the inputs.</summary>
    public long Columns { get; }

    /// <summary>The name it has in messages, usually that of the file's tensor.</summary>
    public string Name { get; }

    /// <summary>Memory the weight takes on the device, padding included.</summary>
    public abstract long Bytes { get; }

    /// <summary>Writes whole rows from <paramref name="firstRow"/> on; <paramref name="rows"/> is row-major in the <see cref="Storage"/> type.</summary>
    /// <exception cref="KernelException">The bytes are no whole number of rows, or go past the end.</exception>
    public void Write(long firstRow, ReadOnlySpan<byte> rows)
    {
        long rowBytes = Columns * Storage.Size();
        long count = rowBytes == 0 ? 0 : rows.Length / rowBytes;
        if (count * rowBytes != rows.Length || firstRow < 0 || firstRow + count > Rows)
        {
            throw new KernelException(
                "rows written to a weight do not fit it",
                where: Name,
                expected: $"whole rows of {rowBytes} bytes within {Rows} rows",
                found: $"{rows.Length} bytes from row {firstRow}");
        }

        if (count > 0) WriteRows(firstRow, count, rows);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Name} {Storage}[{Rows},{Columns}]@{Device.Name}";

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Stores <paramref name="count"/> checked rows.</summary>
    protected abstract void WriteRows(long firstRow, long count, ReadOnlySpan<byte> rows);

    /// <summary>Releases the device memory.</summary>
    protected abstract void Dispose(bool disposing);
}

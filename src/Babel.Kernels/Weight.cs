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

    /// <summary>
    /// Fills whole rows with drawn numbers, made where the weight lies: column c of row <c>firstRow + r</c> is number
    /// <c>first + r rowStride + c columnStride</c>, rounded to <see cref="Storage"/>. The same bits on every device.
    /// </summary>
    /// <param name="firstRow">The first row to be filled.</param>
    /// <param name="count">How many.</param>
    /// <param name="numbers">Where they are drawn from.</param>
    /// <param name="first">The first number's index.</param>
    /// <param name="rowStride">From a row to the next: K for a matrix drawn in its own order.</param>
    /// <param name="columnStride">From a column to the next: 1 likewise.</param>
    /// <exception cref="KernelException">The rows go past the end, or the storage type is not F32, F16 or BF16.</exception>
    public void Draw(long firstRow, long count, UniformNumbers numbers, long first, long rowStride, long columnStride)
    {
        if (firstRow < 0 || count < 0 || firstRow + count > Rows)
            throw new KernelException("rows drawn into a weight do not fit it", Name, $"rows within {Rows}", $"{count} rows from {firstRow}");
        if (Storage == DType.F64) throw new KernelException("numbers are not drawn in this type", Name, "F32, F16 or BF16", Storage.ToString());
        if (count > 0 && Columns > 0) DrawRows(firstRow, count, numbers, first, rowStride, columnStride);
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

    /// <summary>Draws checked rows: here on the host, some at a time, by as many threads as there are.</summary>
    protected virtual void DrawRows(long firstRow, long count, UniformNumbers numbers, long first, long rowStride, long columnStride)
    {
        const int BlockBytes = 8 << 20, RowGroup = 64;
        int rowBytes = checked((int)(Columns * Storage.Size()));
        int block = (int)Math.Min(count, Math.Max(1, BlockBytes / rowBytes / RowGroup) * RowGroup);
        byte[] bytes = new byte[checked(block * rowBytes)];
        for (long row = 0; row < count; row += block)
        {
            int some = (int)Math.Min(block, count - row);
            Parallel.For(0, some, r => numbers.Fill(Storage, first + ((row + r) * rowStride), columnStride, bytes.AsSpan(r * rowBytes, rowBytes)));
            WriteRows(firstRow + row, some, bytes.AsSpan(0, some * rowBytes));
        }
    }

    /// <summary>Releases the device memory.</summary>
    protected abstract void Dispose(bool disposing);
}

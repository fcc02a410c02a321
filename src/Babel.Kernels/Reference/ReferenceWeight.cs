using System.Runtime.InteropServices;

namespace Babel.Kernels.Reference;

/// <summary>A weight as row-major doubles, expanded from its storage type when it is written; every storage type expands exactly.</summary>
internal sealed class ReferenceWeight(Device device, DType storage, long rows, long columns, string name)
    : Weight(device, storage, rows, columns, name)
{
    private double[] _values = new double[checked(rows * columns)];

    /// <inheritdoc/>
    public override long Bytes => _values.LongLength * sizeof(double);

    /// <summary>Row <paramref name="n"/>: the weights of output n.</summary>
    public ReadOnlySpan<double> Row(long n)
    {
        ObjectDisposedException.ThrowIf(_values.Length == 0 && Rows * Columns > 0, this);
        return _values.AsSpan(checked((int)(n * Columns)), checked((int)Columns));
    }

    /// <inheritdoc/>
    protected override void WriteRows(long firstRow, long count, ReadOnlySpan<byte> rows)
    {
        var values = _values.AsSpan(checked((int)(firstRow * Columns)), checked((int)(count * Columns)));
        if (Storage == DType.F64)
        {
            rows.CopyTo(MemoryMarshal.AsBytes(values));
            return;
        }

        var narrow = new float[values.Length];
        DTypes.Expand(Storage, rows, narrow);
        for (int i = 0; i < narrow.Length; i++) values[i] = narrow[i];
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => _values = [];
}

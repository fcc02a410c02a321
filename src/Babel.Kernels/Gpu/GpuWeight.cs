using System.Runtime.InteropServices;

namespace Babel.Kernels.Gpu;

/// <summary>
/// A weight in panels (<c>Gpu/Kernels/weights.h</c>) of <see cref="GpuTuning.Panel"/> outputs, kept in its storage type: F32, F16 or BF16. F64 is
/// rounded to F32 when written, the type the device computes in.
/// </summary>
internal sealed class GpuWeight : Weight
{
    private const long PieceBytes = 8 << 20;
    private readonly GpuDevice _device;
    private readonly int _panel;

    /// <summary>Allocates a weight; rows not written are undefined.</summary>
    public GpuWeight(GpuDevice device, DType storage, long rows, long columns, string name)
        : base(device, storage, rows, columns, name)
    {
        _device = device;
        _panel = device.Tuning.Panel;
        long padded = (rows + _panel - 1) / _panel * _panel;
        Memory = device.Reserve(checked(padded * columns * KernelType.Size()), name);
        if (padded == rows || columns == 0) return;
        try
        {
            device.Clear(Memory);
        }
        catch
        {
            Memory.Dispose();
            throw;
        }
    }

    /// <summary>The type the kernels read.</summary>
    public DType KernelType => Storage == DType.F64 ? DType.F32 : Storage;

    /// <summary>What kernels call <see cref="KernelType"/>.</summary>
    public int StorageCode => KernelType switch { DType.F32 => 0, DType.F16 => 1, _ => 2 };

    /// <summary>The elements.</summary>
    public GpuMemory Memory { get; }

    /// <inheritdoc/>
    public override long Bytes => Memory.Bytes;

    /// <inheritdoc/>
    protected override void WriteRows(long firstRow, long count, ReadOnlySpan<byte> rows)
    {
        int rowBytes = checked((int)(Columns * Storage.Size()));
        int piece = (int)Math.Clamp(PieceBytes / rowBytes, 1, count);
        for (long row = 0; row < count; row += piece)
        {
            int some = (int)Math.Min(piece, count - row);
            var source = rows.Slice(checked((int)(row * rowBytes)), some * rowBytes);
            if (Storage == DType.F64)
            {
                var narrow = new float[some * Columns];
                DTypes.Expand(DType.F64, source, narrow);
                WritePiece(firstRow + row, some, MemoryMarshal.AsBytes(narrow.AsSpan()));
            }
            else
            {
                WritePiece(firstRow + row, some, source);
            }
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) Memory.Dispose();
    }

    private void WritePiece(long firstRow, long count, ReadOnlySpan<byte> rows)
    {
        int size = KernelType.Size();
        if (_panel == 1)
        {
            _device.CopyIn(rows, Memory, firstRow * Columns * size);
            return;
        }

        var staged = _device.Scratch.Bytes("weight rows", rows.Length);
        _device.CopyIn(rows, staged, 0);
        _device.Arguments.Clear().Add(staged).Add(Memory).Add(firstRow).Add(count).Add(Columns).Add(size);
        _device.Launch("pack_rows", GpuGrid.Flat(count * Columns, _device.Tuning.FlatLocal));
    }
}

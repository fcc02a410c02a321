using System.Runtime.InteropServices;

namespace Babel.Kernels.Gpu;

/// <summary>
/// A weight in panels (<c>Gpu/Kernels/weights.h</c>) of <see cref="GpuTuning.Panel"/> outputs, kept in its storage type: F32, F16 or BF16. F64 is
/// rounded to F32 when written, the type the device computes in; on a device of <see cref="Precision.Fast"/> everything is rounded to BF16.
/// </summary>
internal sealed class GpuWeight : Weight
{
    /// <summary>Bytes of rows that are brought to their panels at a time.</summary>
    public const long PieceBytes = 2 << 20;

    private readonly GpuDevice _device;
    private readonly int _panel;

    /// <summary>Allocates a weight; rows not written are undefined.</summary>
    public GpuWeight(GpuDevice device, DType storage, long rows, long columns, string name)
        : base(device, storage, rows, columns, name)
    {
        _device = device;
        _panel = device.Tuning.Panel;
        KernelType = KernelTypeOf(device, storage);
        Memory = device.Reserve(BytesOf(device, storage, rows, columns), name);
        if (rows % _panel == 0 || columns == 0) return;
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
    public DType KernelType { get; }

    /// <summary>What kernels call <see cref="KernelType"/>.</summary>
    public int StorageCode => CodeOf(KernelType);

    /// <summary>The elements.</summary>
    public GpuMemory Memory { get; }

    /// <inheritdoc/>
    public override long Bytes => Memory.Bytes;

    /// <summary>The type weights of a storage type have on a device.</summary>
    public static DType KernelTypeOf(Device device, DType storage) =>
        device.Precision == Precision.Fast ? DType.BF16 : storage == DType.F64 ? DType.F32 : storage;

    /// <summary>Memory a weight takes, its last panel filled up.</summary>
    public static long BytesOf(GpuDevice device, DType storage, long rows, long columns)
    {
        int panel = device.Tuning.Panel;
        return checked((rows + panel - 1) / panel * panel * columns * KernelTypeOf(device, storage).Size());
    }

    /// <inheritdoc/>
    protected override void WriteRows(long firstRow, long count, ReadOnlySpan<byte> rows)
    {
        int rowBytes = checked((int)(Columns * Storage.Size()));
        int piece = (int)Math.Clamp(PieceBytes / rowBytes, 1, count);
        for (long row = 0; row < count; row += piece)
        {
            int some = (int)Math.Min(piece, count - row);
            var source = rows.Slice(checked((int)(row * rowBytes)), some * rowBytes);
            WritePiece(firstRow + row, some, KernelType == Storage ? source : Converted(source));
        }
    }

    /// <inheritdoc/>
    protected override void DrawRows(long firstRow, long count, UniformNumbers numbers, long first, long rowStride, long columnStride)
    {
        _device.Arguments.Clear().Add(Memory).Add(firstRow).Add(count).Add(Columns).Add((long)numbers.Key).Add(first).Add(rowStride).Add(columnStride)
            .Add(numbers.Centre).Add(numbers.Width).Add(CodeOf(Storage)).Add(StorageCode);
        _device.Launch("draw_rows", GpuGrid.Flat(count * Columns, _device.Tuning.FlatLocal));
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) Memory.Dispose();
    }

    private static int CodeOf(DType type) => type switch { DType.F32 => 0, DType.F16 => 1, _ => 2 };

    private ReadOnlySpan<byte> Converted(ReadOnlySpan<byte> source)
    {
        var floats = new float[source.Length / Storage.Size()];
        DTypes.Expand(Storage, source, floats);
        return KernelType == DType.BF16
            ? MemoryMarshal.AsBytes<ushort>(Array.ConvertAll(floats, DTypes.ToBFloat16))
            : MemoryMarshal.AsBytes<float>(floats);
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

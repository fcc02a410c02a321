using System.Runtime.InteropServices;
using Babel.Kernels.Cpu.Simd;
using Babel.Kernels.Cpu.Threading;
using Babel.Kernels.Interop;

namespace Babel.Kernels.Cpu;

/// <summary>
/// A weight in packed panels (<see cref="PanelLayout"/>), kept in its storage type: F32, F16 or BF16. F64 is rounded to F32 when written, the type
/// this device computes in. With <see cref="Precision.Fast"/> every type is rounded to BF16 when written.
/// </summary>
internal sealed class CpuWeight : Weight
{
    private readonly WorkerPool _pool;
    private readonly HostMemory _memory;

    /// <summary>Allocates a weight; rows not written are undefined.</summary>
    public CpuWeight(CpuDevice device, WorkerPool pool, DType storage, long rows, long columns, string name)
        : base(device, storage, rows, columns, name)
    {
        _pool = pool;
        Layout = new PanelLayout(rows, columns, Pairs: device.Brain is not null);
        _memory = new HostMemory(device, checked(Layout.Elements * KernelType.Size()));
        PanelWriter.Prepare(KernelType, Layout, _memory);
    }

    /// <summary>Where elements lie.</summary>
    public PanelLayout Layout { get; }

    /// <summary>The type the kernels read.</summary>
    public DType KernelType => TypeOf(Layout, Storage);

    /// <summary>The type a weight of a storage type is kept in.</summary>
    public static DType TypeOf(PanelLayout layout, DType storage) => layout.Pairs ? DType.BF16 : storage == DType.F64 ? DType.F32 : storage;

    /// <summary>Whether no element written was infinite or NaN; looked at for F16 only, whose kernels are faster for it.</summary>
    public bool IsFinite { get; private set; } = true;

    /// <summary>The weight that few rows were multiplied by after this one, see <see cref="ReadAhead"/>; null when none was yet.</summary>
    public CpuWeight? Follower { get; set; }

    /// <summary>Whether the elements are gone.</summary>
    public bool IsReleased => _memory.IsClosed;

    /// <summary>The packed elements.</summary>
    public HostMemory Memory => _memory;

    /// <inheritdoc/>
    public override long Bytes => _memory.Bytes;

    /// <inheritdoc/>
    protected override void WriteRows(long firstRow, long count, ReadOnlySpan<byte> rows)
    {
        if (Layout.Pairs)
        {
            PanelWriter.WritePairs(_pool, Storage, Layout, _memory, firstRow, rows);
            return;
        }

        if (Storage == DType.F16) IsFinite &= PanelWriter.AreFiniteHalves(rows);
        if (Storage != DType.F64)
        {
            PanelWriter.Write(_pool, KernelType, Layout, _memory, firstRow, rows);
            return;
        }

        // One row at a time, so that the float32 copy stays small.
        var row = new float[Columns];
        int bytes = row.Length * sizeof(double);
        for (int i = 0; i < count; i++)
        {
            DTypes.Expand(DType.F64, rows.Slice(checked(i * bytes), bytes), row);
            PanelWriter.Write(_pool, KernelType, Layout, _memory, firstRow + i, MemoryMarshal.AsBytes(row.AsSpan()));
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) _memory.Dispose();
    }
}

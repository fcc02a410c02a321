using System.Numerics;
using System.Runtime.InteropServices;
using Babel.Kernels.Cpu.Threading;
using Babel.Kernels.Interop;

namespace Babel.Kernels.Cpu.Simd;

/// <summary>The door from a weight to the packing kernels.</summary>
internal static unsafe class PanelWriter
{
    /// <summary>Makes new memory ready to be written: zeros behind the last row.</summary>
    public static void Prepare(DType type, PanelLayout layout, HostMemory memory)
    {
        if (layout.Elements == 0) return;
        if (layout.Pairs) new BrainPanelPacking(layout, type, null, (uint*)memory.Address, 0, 0).ClearPadding();
        else if (type == DType.F32) new PanelPacking<uint>(layout, null, (uint*)memory.Address, 0, 0).ClearPadding();
        else new PanelPacking<ushort>(layout, null, (ushort*)memory.Address, 0, 0).ClearPadding();
    }

    /// <summary>Packs whole row-major rows of a storage type into pairs of bfloat16, rounding what is wider.</summary>
    public static void WritePairs(WorkerPool pool, DType storage, PanelLayout layout, HostMemory memory, long firstRow, ReadOnlySpan<byte> rows)
    {
        if (rows.Length == 0) return;
        fixed (byte* source = rows)
        {
            var job = new BrainPanelPacking(layout, storage, source, (uint*)memory.Address, firstRow, rows.Length / (layout.Columns * storage.Size()));
            pool.Run(job.Items, job);
        }
    }

    /// <summary>Packs whole row-major rows of the type from <paramref name="firstRow"/> on.</summary>
    public static void Write(WorkerPool pool, DType type, PanelLayout layout, HostMemory memory, long firstRow, ReadOnlySpan<byte> rows)
    {
        if (rows.Length == 0) return;
        long count = rows.Length / (layout.Columns * type.Size());
        fixed (byte* source = rows)
        {
            if (type == DType.F32)
            {
                var job = new PanelPacking<uint>(layout, (uint*)source, (uint*)memory.Address, firstRow, count);
                pool.Run(job.Items, job);
            }
            else
            {
                var job = new PanelPacking<ushort>(layout, (ushort*)source, (ushort*)memory.Address, firstRow, count);
                pool.Run(job.Items, job);
            }
        }
    }

    /// <summary>Whether no element of the F16 rows is infinite or NaN.</summary>
    public static bool AreFiniteHalves(ReadOnlySpan<byte> rows)
    {
        var words = MemoryMarshal.Cast<byte, ushort>(rows);
        var exponent = new Vector<ushort>(0x7C00);
        int i = 0;
        for (; i <= words.Length - Vector<ushort>.Count; i += Vector<ushort>.Count)
            if (Vector.EqualsAny(new Vector<ushort>(words[i..]) & exponent, exponent)) return false;
        for (; i < words.Length; i++)
            if ((words[i] & 0x7C00) == 0x7C00) return false;
        return true;
    }

    /// <summary>The weight as kernels see it.</summary>
    public static PanelWeight View(CpuWeight weight) => new(weight.Layout, weight.KernelType, weight.Memory.Address, weight.IsFinite);
}

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Babel.Kernels.Cpu.Threading;

namespace Babel.Kernels.Cpu.Simd;

/// <summary>Puts rows of a weight into its panels; one item a panel.</summary>
/// <typeparam name="T">The element as bits: <see cref="uint"/> or <see cref="ushort"/>.</typeparam>
internal readonly unsafe struct PanelPacking<T>(PanelLayout layout, T* source, T* destination, long firstRow, long count) : IJob
    where T : unmanaged
{
    /// <summary>The first panel that is written; item 0.</summary>
    private readonly nint _firstPanel = (nint)(firstRow / PanelLayout.Width);

    /// <summary>How many panels the rows touch.</summary>
    public int Items => checked((int)(((firstRow + count - 1) / PanelLayout.Width) - _firstPanel + 1));

    /// <inheritdoc/>
    public void Run(int item)
    {
        nint panel = _firstPanel + item;
        long start = Math.Max(firstRow, panel * PanelLayout.Width), end = Math.Min(firstRow + count, (panel + 1) * PanelLayout.Width);
        for (nint block = 0; block < layout.Blocks; block++)
        {
            var from = source + ((start - firstRow) * layout.Columns) + (block * layout.BlockDepth);
            var to = destination + layout.Offset(block, panel);
            Block(from, (nint)layout.Columns, to, (int)(start % PanelLayout.Width), (int)(end - start), layout.DepthOf(block));
        }
    }

    /// <summary>Zeros the columns behind the last row.</summary>
    public void ClearPadding()
    {
        int used = (int)(layout.Rows % PanelLayout.Width);
        if (used == 0) return;
        for (nint block = 0; block < layout.Blocks; block++)
        {
            var to = destination + layout.Offset(block, layout.Panels - 1);
            for (nint k = 0; k < layout.DepthOf(block); k++)
                for (int j = used; j < PanelLayout.Width; j++) to[(k * PanelLayout.Width) + Place(j)] = default;
        }
    }

    /// <summary>Part of a panel in a block, 16 inner indices at a time: a cache line of every source row, and 16 rows of the panel, stay in the first-level cache.</summary>
    private static void Block(T* from, nint stride, T* to, int column, int columns, nint depth)
    {
        nint whole = Sse2.IsSupported && columns == PanelLayout.Width ? depth / 16 * 16 : 0;
        for (nint k = 0; k < whole; k += 16)
        {
            if (sizeof(T) == 2) Square((ushort*)from + k, stride, (uint*)to + (k * PanelLayout.Width / 2));
            else Square((float*)from + k, stride, (float*)to + (k * PanelLayout.Width));
        }

        for (nint k = whole; k < depth; k += 16) Plain(from + k, stride, to + (k * PanelLayout.Width), column, columns, Math.Min(16, depth - k));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Plain(T* from, nint stride, T* to, int column, int columns, nint depth)
    {
        for (int j = 0; j < columns; j++)
        {
            var row = from + (j * stride);
            var place = to + Place(column + j);
            for (nint k = 0; k < depth; k++) place[k * PanelLayout.Width] = row[k];
        }
    }

    /// <summary>32 rows by 16 inner indices of 32-bit elements.</summary>
    private static void Square(float* from, nint stride, float* to)
    {
        for (int j = 0; j < PanelLayout.Width; j += 4)
        {
            var row = from + (j * stride);
            Transpose4.ToColumns(row, row + stride, row + (2 * stride), row + (3 * stride), 16, to + j, PanelLayout.Width);
        }
    }

    /// <summary>32 rows by 16 inner indices of 16-bit elements: rows j and j + 16 are paired to words first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Square(ushort* from, nint stride, uint* to)
    {
        const int words = PanelLayout.Width / 2;
        uint* pairs = stackalloc uint[4 * 16];
        for (int j = 0; j < words; j += 4)
        {
            for (int i = 0; i < 4; i++)
            {
                var low = from + ((j + i) * stride);
                var high = low + (words * stride);
                for (int k = 0; k < 16; k += 8)
                {
                    Vector128<ushort> a = Vector128.Load(low + k), b = Vector128.Load(high + k);
                    Sse2.UnpackLow(a, b).AsUInt32().Store(pairs + (16 * i) + k);
                    Sse2.UnpackHigh(a, b).AsUInt32().Store(pairs + (16 * i) + k + 4);
                }
            }

            var rows = (float*)pairs;
            Transpose4.ToColumns(rows, rows + 16, rows + 32, rows + 48, 16, (float*)to + j, words);
        }
    }

    private static int Place(int column) => sizeof(T) == 2 ? PanelLayout.Paired(column) : column;
}

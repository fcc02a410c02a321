using System.Runtime.CompilerServices;
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
            var from = source + ((start - firstRow) * layout.Columns) + (block * PanelLayout.Depth);
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

    // 16 inner indices at a time: a cache line of every source row, and 16 rows of the panel, stay in the first-level cache.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Block(T* from, nint stride, T* to, int column, int columns, nint depth)
    {
        for (nint k0 = 0; k0 < depth; k0 += 16)
        {
            nint k1 = Math.Min(k0 + 16, depth);
            for (int j = 0; j < columns; j++)
            {
                var row = from + (j * stride);
                var place = to + Place(column + j);
                for (nint k = k0; k < k1; k++) place[k * PanelLayout.Width] = row[k];
            }
        }
    }

    private static int Place(int column) => sizeof(T) == 2 ? PanelLayout.Paired(column) : column;
}

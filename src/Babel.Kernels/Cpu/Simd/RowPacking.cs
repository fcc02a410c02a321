using System.Runtime.CompilerServices;
using Babel.Kernels.Cpu.Threading;

namespace Babel.Kernels.Cpu.Simd;

/// <summary>
/// Packs activation rows for the register tiles: for every block of 128 inner indices and every tile, [depth][tile rows], so that a tile reads one stream.
/// One item a tile and block.
/// </summary>
/// <param name="tiling">The tiles.</param>
/// <param name="columns">K.</param>
/// <param name="source">Row-major rows.</param>
/// <param name="map">Which source row each row is, or null when they are in order.</param>
/// <param name="destination">rows x K floats.</param>
internal readonly unsafe struct RowPacking(RowTiling tiling, nint columns, float* source, int* map, float* destination) : IJob
{
    private const nint WorthSharing = 32 * 1024;

    /// <summary>Packs all rows, on the pool when there is enough to do.</summary>
    public void Run(WorkerPool pool)
    {
        int items = checked((int)(tiling.Tiles * ((columns + PanelLayout.Depth - 1) / PanelLayout.Depth)));
        if (tiling.Rows * columns >= WorthSharing)
        {
            pool.Run(items, this);
            return;
        }

        for (int i = 0; i < items; i++) Run(i);
    }

    /// <inheritdoc/>
    public void Run(int item)
    {
        (nint block, nint tile) = Math.DivRem((nint)item, tiling.Tiles);
        nint first = tiling.TileStart(tile), rows = tiling.TileStart(tile + 1) - first;
        nint k0 = block * PanelLayout.Depth, depth = Math.Min(PanelLayout.Depth, columns - k0);
        var to = destination + (tiling.Rows * k0) + (first * depth);
        nint i = 0;
        for (; i + 4 <= rows; i += 4)
            Transpose4.ToColumns(Row(first + i, k0), Row(first + i + 1, k0), Row(first + i + 2, k0), Row(first + i + 3, k0), depth, to + i, rows);
        for (; i < rows; i++) One(Row(first + i, k0), to + i, rows, depth);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void One(float* from, float* to, nint stride, nint depth)
    {
        for (nint k = 0; k < depth; k++) to[k * stride] = from[k];
    }

    private float* Row(nint row, nint column) => source + ((map == null ? row : map[row]) * columns) + column;
}

using Babel.Kernels.Cpu.Threading;

namespace Babel.Kernels.Cpu.Simd;

/// <summary>
/// Rounds activation rows to bfloat16 for the tiles of <see cref="BrainKernels"/>: <c>[K/256][rows][256]</c>, an odd last element followed by a zero. Tiles broadcast from where
/// rows lie, so nothing is turned and the packing does not depend on the tiles. One item some rows.
/// </summary>
/// <param name="rows">How many rows.</param>
/// <param name="columns">K.</param>
/// <param name="source">Row-major rows.</param>
/// <param name="map">Which source row each row is, or null when they are in order.</param>
/// <param name="destination"><see cref="Elements"/> of bfloat16.</param>
internal readonly unsafe struct BrainRowPacking(nint rows, nint columns, float* source, int* map, ushort* destination) : IJob
{
    private const long WorthSharing = 128 * 1024;

    /// <summary>Room the packed rows take.</summary>
    public static long Elements(nint rows, nint columns) =>
        checked((long)rows * ((columns + PanelLayout.PairDepth - 1) / PanelLayout.PairDepth * PanelLayout.PairDepth));

    /// <summary>Packs all rows, on the pool when there is enough to do.</summary>
    public void Run(WorkerPool pool)
    {
        var chunks = new RowChunks(rows, columns);
        if ((long)rows * columns >= WorthSharing)
        {
            pool.Run(chunks.Items, this);
            return;
        }

        for (int i = 0; i < chunks.Items; i++) Run(i);
    }

    /// <inheritdoc/>
    public void Run(int item)
    {
        var chunks = new RowChunks(rows, columns);
        for (nint row = chunks.Start(item); row < chunks.Start(item + 1); row++)
        {
            var from = source + ((map == null ? row : map[row]) * columns);
            for (nint k = 0; k < columns; k += PanelLayout.PairDepth)
            {
                nint depth = Math.Min(PanelLayout.PairDepth, columns - k);
                var to = destination + (k * rows) + (row * PanelLayout.PairDepth);
                BrainRounding.Round(from + k, depth, to);
                if ((depth & 1) != 0) to[depth] = 0;
            }
        }
    }
}

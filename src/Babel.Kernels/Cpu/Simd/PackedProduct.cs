using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Babel.Kernels.Cpu.Simd;

/// <summary>
/// The matrix product of packed rows and packed panels, for some panels and some row tiles at a time. It is the same loop for every operator that
/// multiplies by a weight; what differs is what becomes of the block of results.
/// </summary>
/// <param name="kernels">Register tiles.</param>
/// <param name="packed">Activations, packed by <see cref="RowPacking"/>.</param>
/// <param name="tiling">The tiles they are packed in.</param>
/// <param name="brain">Tiles of bfloat16, when activations are packed by <see cref="BrainRowPacking"/> instead.</param>
internal readonly unsafe struct PackedProduct(MicroKernelTable kernels, float* packed, RowTiling tiling, BrainKernels? brain = null)
{
    /// <summary>Floats a worker needs to expand a panel of F16 weights.</summary>
    public const int ExpansionFloats = PanelLayout.Width * PanelLayout.Depth;

    private const int MostExpandingTiles = 3;
    private const int MostAskingTiles = 3;
    private const int CacheLine = 64;

    /// <summary>The tiles.</summary>
    public RowTiling Tiling { get; } = tiling;

    /// <summary>
    /// Multiplies the tiles of a group by panels <paramref name="firstPanel"/> to <paramref name="endPanel"/>. Results lie in <paramref name="block"/>
    /// [panel][row][32]; where <paramref name="output"/> is given, whole panels go there instead, and only a last, partly filled one stays in the block.
    /// </summary>
    public void Multiply<TV>(
        in PanelWeight weight, nint firstPanel, nint endPanel, nint group, float* block, float* expansion, float* output = null, nint stride = 0)
        where TV : unmanaged, ILanes<TV>
    {
        var layout = weight.Layout;
        nint firstTile = Tiling.GroupStart(group), endTile = Tiling.GroupStart(group + 1);
        nint firstRow = Tiling.TileStart(firstTile), rows = Tiling.TileStart(endTile) - firstRow;
        nint blocks = layout.Blocks, wholePanels = (nint)(layout.Rows / PanelLayout.Width);

        if (blocks == 0) new Span<float>(block, checked((int)((endPanel - firstPanel) * rows * PanelLayout.Width))).Clear();
        if (brain is not null)
        {
            new BrainProduct(brain, (ushort*)packed, Tiling).Multiply(weight, firstPanel, endPanel, group, block, output, stride);
            return;
        }

        // Weights in F16 are expanded inside the tiles when few rows share a panel, and once for all rows when many do.
        bool expand = weight.Storage == DType.F16 && (!weight.IsFinite || endTile - firstTile > MostExpandingTiles);
        for (nint b = 0; b < blocks; b++)
        {
            nint depth = layout.DepthOf(b);
            var rowsOfBlock = packed + (Tiling.Rows * b * PanelLayout.Depth);
            for (nint p = firstPanel; p < endPanel; p++)
            {
                void* panel = weight.Panel(b, p);
                if (expand)
                {
                    weight.ExpandHalf<TV>(panel, depth, expansion);
                    panel = expansion;
                }

                var results = block + ((p - firstPanel) * rows * PanelLayout.Width);
                bool store = output != null && b == blocks - 1 && p < wholePanels;
                byte* next = Next(weight, b, p, firstPanel, endPanel), ahead = next;
                nint lines = endTile - firstTile > MostAskingTiles ? LinesOfTile(weight, b, endTile - firstTile) : 0;
                for (nint t = firstTile; t < endTile; t++)
                {
                    for (nint l = 0; l < lines; l++, ahead += CacheLine) Sse.Prefetch1(ahead);
                    nint row = Tiling.TileStart(t);
                    int height = (int)(Tiling.TileStart(t + 1) - row);
                    var kernel = weight.Storage == DType.F32 || expand ? kernels.Float(height)
                        : weight.Storage == DType.BF16 ? kernels.Brain(height) : kernels.Half(height);
                    var tile = results + ((row - firstRow) * PanelLayout.Width);
                    kernel(
                        rowsOfBlock + (row * depth),
                        panel,
                        next,
                        b == 0 ? null : tile,
                        store ? output + (row * stride) + (p * PanelLayout.Width) : tile,
                        store ? stride : PanelLayout.Width,
                        depth);
                }
            }
        }
    }

    /// <summary>The panel that is read after this one: its neighbour, or the first of the next block; the last is its own.</summary>
    private static byte* Next(in PanelWeight weight, nint block, nint panel, nint firstPanel, nint endPanel)
    {
        if (panel + 1 < endPanel) return (byte*)weight.Panel(block, panel + 1);
        return (byte*)(block + 1 < weight.Layout.Blocks ? weight.Panel(block + 1, firstPanel) : weight.Panel(block, panel));
    }

    /// <summary>
    /// How many cache lines of the next panel each of many tiles asks for, so that it comes from memory into the second-level cache while they share this one. A tile
    /// alone asks by itself.
    /// </summary>
    private static nint LinesOfTile(in PanelWeight weight, nint block, nint tiles) =>
        Sse.IsSupported ? weight.Layout.DepthOf(block) * PanelLayout.Width * weight.Storage.Size() / CacheLine / tiles : 0;
}

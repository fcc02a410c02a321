namespace Babel.Kernels.Cpu.Simd;

/// <summary>The loop of <see cref="PackedProduct"/> in bfloat16: blocks of the inner index, panels, tiles.</summary>
/// <param name="kernels">Register tiles.</param>
/// <param name="packed">Activations, packed by <see cref="BrainRowPacking"/>.</param>
/// <param name="tiling">The tiles.</param>
internal readonly unsafe struct BrainProduct(BrainKernels kernels, ushort* packed, RowTiling tiling)
{
    /// <summary>As <see cref="PackedProduct.Multiply"/>; the inner index is not empty.</summary>
    public void Multiply(in PanelWeight weight, nint firstPanel, nint endPanel, nint group, float* block, float* output, nint stride)
    {
        var layout = weight.Layout;
        nint firstTile = tiling.GroupStart(group), endTile = tiling.GroupStart(group + 1);
        nint firstRow = tiling.TileStart(firstTile), rows = tiling.TileStart(endTile) - firstRow;
        nint blocks = layout.Blocks, wholePanels = (nint)(layout.Rows / PanelLayout.Width);
        BrainTile call;
        for (nint b = 0; b < blocks; b++)
        {
            var rowsOfBlock = packed + (b * PanelLayout.PairDepth * tiling.Rows);
            call.Pairs = layout.StoredDepthOf(b) / 2;
            for (nint p = firstPanel; p < endPanel; p++)
            {
                bool store = output != null && b == blocks - 1 && p < wholePanels;
                var results = block + ((p - firstPanel) * rows * PanelLayout.Width);
                call.Panel = weight.Panel(b, p);
                call.OutputBytes = sizeof(float) * (store ? stride : PanelLayout.Width);
                for (nint t = firstTile; t < endTile; t++)
                {
                    nint row = tiling.TileStart(t);
                    var tile = results + ((row - firstRow) * PanelLayout.Width);
                    call.Rows = rowsOfBlock + (row * PanelLayout.PairDepth);
                    call.Earlier = b == 0 ? null : tile;
                    call.Output = store ? output + (row * stride) + (p * PanelLayout.Width) : tile;
                    kernels.Tile((int)(tiling.TileStart(t + 1) - row))(&call);
                }
            }
        }
    }
}

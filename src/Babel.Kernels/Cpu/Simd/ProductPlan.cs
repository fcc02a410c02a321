namespace Babel.Kernels.Cpu.Simd;

/// <summary>
/// How a product is cut into work items: groups of panels, and, when the rows need not come in order and there are too few panels for the threads, groups
/// of rows too. A worker's results stay in its second-level cache until they are stored.
/// </summary>
/// <remarks>
/// Where one tile has all rows, each panel is used once and memory is what a product waits for. Panels of a block follow each other there, so items are then as
/// wide as the threads allow: memory is fastest read in long pieces, and every piece that ends costs what was under way.
/// </remarks>
internal readonly record struct ProductPlan
{
    /// <summary>Rows a worker has results of at a time.</summary>
    public const int GroupRows = 512;

    private const int Groups = 2;
    private const int ItemsPerThread = 8;

    /// <summary>Bytes that an item reads of a block in one piece, at most; more is not faster, and leaves less to balance.</summary>
    private const nint PieceBytes = 512 * 1024;

    private readonly nint _panels;
    private readonly nint _panelItems;
    private readonly nint _rowItems;
    private readonly nint _groups;

    /// <summary>Plans the panels of <paramref name="weight"/> for the rows of <paramref name="tiling"/>; with many rows, at most <paramref name="mostPanels"/> an item.</summary>
    public ProductPlan(in PanelWeight weight, nint mostPanels, RowTiling tiling, int threads, bool rowsInOrder)
    {
        _panels = weight.Layout.Panels;
        _groups = tiling.Groups;
        _rowItems = 1;
        if (tiling.Tiles == 1)
        {
            nint piece = PieceBytes / (weight.Layout.BlockDepth * PanelLayout.Width * weight.Storage.Size());
            _panelItems = Math.Min(_panels, threads * ((_panels + (threads * piece) - 1) / (threads * piece)));
        }
        else
        {
            // A single thread has nothing to balance: the larger the item, the more often a block of activations is used from cache.
            nint wanted = threads == 1 ? 1 : threads * ItemsPerThread;
            nint itemPanels = threads == 1 ? mostPanels : Math.Clamp(_panels / wanted, 1, mostPanels);
            _panelItems = (_panels + itemPanels - 1) / itemPanels;
            if (!rowsInOrder && _panelItems < wanted) _rowItems = tiling.Groups;
        }

        Items = checked((int)(_panelItems * _rowItems));
    }

    /// <summary>
    /// Rows whose activations are packed at a time: one group, of which a block of inner indices stays in the second-level cache, and for which weights come from memory once, unless there are
    /// too few panels for the threads and rows have to be shared out too. Bounds the memory a call needs.
    /// </summary>
    public static int BatchRows(nint panels, int threads) => panels >= threads * ItemsPerThread ? GroupRows : Groups * GroupRows;

    /// <summary>How many work items.</summary>
    public int Items { get; }

    /// <summary>The most panels an item has.</summary>
    public nint ItemPanels => _panelItems == 0 ? 0 : (_panels + _panelItems - 1) / _panelItems;

    /// <summary>What an item does.</summary>
    public (nint FirstPanel, nint EndPanel, nint FirstGroup, nint EndGroup) this[int item]
    {
        get
        {
            (nint panelItem, nint rowItem) = Math.DivRem((nint)item, _rowItems);
            nint first = _panels * panelItem / _panelItems, end = _panels * (panelItem + 1) / _panelItems;
            return _rowItems == 1 ? (first, end, 0, _groups) : (first, end, rowItem, rowItem + 1);
        }
    }
}

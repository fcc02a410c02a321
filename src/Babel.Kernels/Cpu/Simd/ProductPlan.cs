namespace Babel.Kernels.Cpu.Simd;

/// <summary>
/// How a product is cut into work items: groups of panels, and, when the rows need not come in order and there are too few panels for the threads, groups
/// of rows too. A worker's results stay in its second-level cache until they are stored.
/// </summary>
internal readonly record struct ProductPlan
{
    /// <summary>Rows a worker has results of at a time.</summary>
    public const int GroupRows = 512;

    private const int Groups = 2;
    private const int ItemsPerThread = 8;

    private readonly nint _panels;
    private readonly nint _itemPanels;
    private readonly nint _rowItems;
    private readonly nint _groups;

    /// <summary>Plans <paramref name="panels"/> panels of <paramref name="tiling"/>'s rows.</summary>
    public ProductPlan(nint panels, nint mostPanels, RowTiling tiling, int threads, bool rowsInOrder)
    {
        // A single thread has nothing to balance: the larger the item, the more often a block of activations is used from cache.
        nint wanted = threads == 1 ? 1 : threads * ItemsPerThread;
        _panels = panels;
        _groups = tiling.Groups;
        _itemPanels = threads == 1 ? mostPanels : Math.Clamp(panels / wanted, 1, mostPanels);
        nint panelItems = (panels + _itemPanels - 1) / _itemPanels;
        _rowItems = rowsInOrder || panelItems >= wanted ? 1 : tiling.Groups;
        Items = checked((int)(panelItems * _rowItems));
    }

    /// <summary>
    /// Rows whose activations are packed at a time: one group, of which a block of inner indices stays in the second-level cache, and for which weights come from memory once, unless there are
    /// too few panels for the threads and rows have to be shared out too. Bounds the memory a call needs.
    /// </summary>
    public static int BatchRows(nint panels, int threads) => panels >= threads * ItemsPerThread ? GroupRows : Groups * GroupRows;

    /// <summary>How many work items.</summary>
    public int Items { get; }

    /// <summary>The most panels an item has.</summary>
    public nint ItemPanels => _itemPanels;

    /// <summary>What an item does.</summary>
    public (nint FirstPanel, nint EndPanel, nint FirstGroup, nint EndGroup) this[int item]
    {
        get
        {
            (nint panelItem, nint rowItem) = Math.DivRem((nint)item, _rowItems);
            nint first = panelItem * _itemPanels;
            nint end = Math.Min(_panels, first + _itemPanels);
            return _rowItems == 1 ? (first, end, 0, _groups) : (first, end, rowItem, rowItem + 1);
        }
    }
}

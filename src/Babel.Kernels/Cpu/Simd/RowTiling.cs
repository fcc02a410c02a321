namespace Babel.Kernels.Cpu.Simd;

/// <summary>
/// How the rows of a product are cut into register tiles: as few as the tallest tile allows, of heights that differ by one at most (32 rows are 11 + 11 + 10,
/// not 14 + 14 + 4); and tiles into groups whose results fit into the second-level cache.
/// </summary>
internal readonly record struct RowTiling
{
    private readonly nint _tileRows;
    private readonly nint _tallerTiles;
    private readonly nint _groupTiles;
    private readonly nint _largerGroups;

    /// <summary>Cuts <paramref name="rows"/> into tiles of up to <paramref name="tallest"/>, and groups of about <paramref name="groupRows"/>.</summary>
    public RowTiling(nint rows, int tallest, int groupRows)
    {
        Rows = rows;
        Tiles = (rows + tallest - 1) / tallest;
        (_tileRows, _tallerTiles) = Math.DivRem(rows, Tiles);
        nint groupTiles = Math.Max(1, groupRows / tallest);
        Groups = (Tiles + groupTiles - 1) / groupTiles;
        (_groupTiles, _largerGroups) = Math.DivRem(Tiles, Groups);
    }

    /// <summary>All rows.</summary>
    public nint Rows { get; }

    /// <summary>How many tiles.</summary>
    public nint Tiles { get; }

    /// <summary>How many groups.</summary>
    public nint Groups { get; }

    /// <summary>The largest number of rows in a group.</summary>
    public nint LargestGroup => (_groupTiles + (_largerGroups > 0 ? 1 : 0)) * (_tileRows + (_tallerTiles > 0 ? 1 : 0));

    /// <summary>The first row of a tile; of tile <see cref="Tiles"/>, the end.</summary>
    public nint TileStart(nint tile) => (tile * _tileRows) + Math.Min(tile, _tallerTiles);

    /// <summary>The first tile of a group; of group <see cref="Groups"/>, the end.</summary>
    public nint GroupStart(nint group) => (group * _groupTiles) + Math.Min(group, _largerGroups);
}

namespace Babel.Kernels.Cpu.Simd;

/// <summary>
/// How a weight W [N, K] lies in memory: blocks of 256 inner indices, in each block panels of 32 outputs, in each panel one row of 32 elements
/// for every inner index: <c>[K/256][N/32][k][32]</c>, the last block shorter, the last panel filled up with zeros. A tile reads its panel as one
/// stream, and the panels that a product reads one after the other follow each other in memory.
/// </summary>
/// <remarks>
/// 16-bit types pair column j with column j + 16: word j of a row has column j in its low half and j + 16 in its high half, so that one load and
/// two operations give two vectors of float32.
/// </remarks>
internal readonly record struct PanelLayout(long Rows, long Columns)
{
    /// <summary>Outputs in a panel.</summary>
    public const int Width = 32;

    /// <summary>Inner indices in a block: each is summed by itself before it joins the total.</summary>
    public const int Depth = 256;

    /// <summary>How many panels there are.</summary>
    public nint Panels => (nint)((Rows + Width - 1) / Width);

    /// <summary>How many blocks there are.</summary>
    public nint Blocks => (nint)((Columns + Depth - 1) / Depth);

    /// <summary>Elements with padding.</summary>
    public long Elements => checked((long)Panels * Width * Columns);

    /// <summary>Inner indices of block <paramref name="block"/>.</summary>
    public nint DepthOf(nint block) => (nint)Math.Min(Depth, Columns - (block * Depth));

    /// <summary>The first element of a panel in a block.</summary>
    public nint Offset(nint block, nint panel) => Width * ((block * Depth * Panels) + (panel * DepthOf(block)));

    /// <summary>Where a column's element lies in a row of 16-bit elements.</summary>
    public static int Paired(int column) => column < Width / 2 ? 2 * column : (2 * (column - (Width / 2))) + 1;
}

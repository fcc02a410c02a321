namespace Babel.Kernels.Cpu.Simd;

/// <summary>
/// How a weight W [N, K] lies in memory: blocks of 128 inner indices, in each block panels of 32 outputs, in each panel one row of 32 elements
/// for every inner index: <c>[K/128][N/32][k][32]</c>, the last block shorter, the last panel filled up with zeros. A tile reads its panel as one
/// stream, and the panels that a product reads one after the other follow each other in memory.
/// </summary>
/// <remarks>
/// 16-bit types pair column j with column j + 16: word j of a row has column j in its low half and j + 16 in its high half, so that one load and
/// two operations give two vectors of float32. Where <paramref name="Pairs"/> is set (bfloat16 of <see cref="Precision.Fast"/>), a word has inner indices 2p and 2p + 1 of one column instead,
/// <c>[K/256][N/32][k/2][32][2]</c>, an odd last one followed by zeros: what dot product instructions take.
/// </remarks>
/// <param name="Rows">N.</param>
/// <param name="Columns">K.</param>
/// <param name="Pairs">Whether inner indices lie in pairs.</param>
internal readonly record struct PanelLayout(long Rows, long Columns, bool Pairs = false)
{
    /// <summary>Outputs in a panel.</summary>
    public const int Width = 32;

    /// <summary>
    /// Inner indices in a block: each is summed by itself before it joins the total, which keeps rounding errors small (logits of 12 layers of width 768 are
    /// 0.9e-6 from float64; with 256 they are 1.2e-6), and a panel of float32 fits the first-level cache beside a tile.
    /// </summary>
    public const int Depth = 128;

    /// <summary>Inner indices in a block of pairs, whose products are rounded to 8 bits anyway: fewer, longer blocks are faster.</summary>
    public const int PairDepth = 256;

    /// <summary>Inner indices in a block of this layout.</summary>
    public nint BlockDepth => Pairs ? PairDepth : Depth;

    /// <summary>How many panels there are.</summary>
    public nint Panels => (nint)((Rows + Width - 1) / Width);

    /// <summary>How many blocks there are.</summary>
    public nint Blocks => (nint)((Columns + BlockDepth - 1) / BlockDepth);

    /// <summary>Elements with padding.</summary>
    public long Elements => checked((long)Panels * Width * (Pairs ? Columns + (Columns & 1) : Columns));

    /// <summary>Inner indices of block <paramref name="block"/>.</summary>
    public nint DepthOf(nint block) => (nint)Math.Min(BlockDepth, Columns - (block * BlockDepth));

    /// <summary>Inner indices that block <paramref name="block"/> has room for.</summary>
    public nint StoredDepthOf(nint block) => Pairs ? (DepthOf(block) + 1) & ~1 : DepthOf(block);

    /// <summary>The first element of a panel in a block.</summary>
    public nint Offset(nint block, nint panel) => Width * ((block * BlockDepth * Panels) + (panel * StoredDepthOf(block)));

    /// <summary>Where an element lies in a panel of 16-bit elements.</summary>
    public nint Place(nint row, int column) => Pairs
        ? ((row >> 1) * 2 * Width) + (2 * column) + (row & 1)
        : (row * Width) + Paired(column);

    /// <summary>Where a column's element lies in a row of 16-bit elements.</summary>
    public static int Paired(int column) => column < Width / 2 ? 2 * column : (2 * (column - (Width / 2))) + 1;
}

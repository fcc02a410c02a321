namespace Babel.Kernels.Cuda;

/// <summary>A tile of a product on the float units, as Cuda/Kernels/babel.cu has them; the shape is that of product.h.</summary>
/// <param name="Name">The end of the kernels' names.</param>
/// <param name="Rows">Rows a thread holds.</param>
/// <param name="Columns">Columns a thread holds.</param>
internal readonly record struct ProductTile(string Name, int Rows, int Columns)
{
    /// <summary>Threads of a block.</summary>
    public const int Threads = 256;

    private const int Side = 16;
    private const int Depth = 16;
    private const int Padding = 4;

    /// <summary>For few rows.</summary>
    public static ProductTile Narrow => new("narrow", 1, 4);

    /// <summary>For what would not fill the device with wide tiles.</summary>
    public static ProductTile Square => new("square", 4, 4);

    /// <summary>For the rest.</summary>
    public static ProductTile Wide => new("wide", 8, 8);

    /// <summary>Rows of a block.</summary>
    public int BlockRows => Side * Rows;

    /// <summary>Columns of a block.</summary>
    public int BlockColumns => Side * Columns;

    /// <summary>Two stages of both operands; the results go through the same memory, 64 rows at a time.</summary>
    public int SharedBytes => sizeof(float) * Math.Max(
        2 * Depth * (BlockRows + BlockColumns + (2 * Padding)), Math.Min(BlockRows, 64) * (BlockColumns + Padding));
}

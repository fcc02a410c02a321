namespace Babel.Kernels.Cuda;

/// <summary>A tile of a product on the tensor cores of compute capability 9.0, as Cuda/Kernels/hopper.cu has them; the shape is that of hopper_product.h.</summary>
/// <param name="Name">The end of the kernels' names.</param>
/// <param name="Rows">Rows of a block.</param>
/// <param name="Columns">Columns of a block.</param>
/// <param name="ExactStages">Stretches of the inner index in shared memory at a time, with three parts.</param>
/// <param name="FastStages">The same, with one part.</param>
internal readonly record struct HopperTile(string Name, int Rows, int Columns, int ExactStages, int FastStages)
{
    private const int StretchBytes = 128;
    private const int BarrierBytes = 16;
    private const int GroupRows = 64;
    private const int GroupThreads = 128;
    private const int FinishedColumns = 64;
    private const int FinishedPadding = 4;

    /// <summary>All of them: for few rows, for what would not fill the device with the last, and for the rest.</summary>
    public static IReadOnlyList<HopperTile> All { get; } =
    [
        new("narrow", 64, 32, 6, 8),
        new("square", 128, 128, 3, 6),
        new("wide", 128, 256, 2, 4),
    ];

    /// <summary>Threads of a block: a group that orders copies, and one for every 64 rows.</summary>
    public int Threads => GroupThreads * ((Rows / GroupRows) + 1);

    /// <summary>Shared memory of a block: the ring of stretches, its barriers, and for every group the columns whose results it finishes together.</summary>
    public int SharedBytes(int parts)
    {
        int stages = parts == 1 ? FastStages : ExactStages;
        int results = Rows * (Math.Min(Columns, FinishedColumns) + FinishedPadding) * sizeof(float);
        return (stages * ((parts * Rows) + Columns) * StretchBytes) + (stages * BarrierBytes) + results;
    }
}

namespace Babel.Kernels.Cuda;

/// <summary>A tile of a product on tensor cores, as Cuda/Kernels/tensor.cu has them; the shape is that of tensor_product.h.</summary>
/// <param name="Name">The end of the kernels' names.</param>
/// <param name="Rows">Rows of a block.</param>
/// <param name="Columns">Columns of a block.</param>
/// <param name="WarpRows">Rows of a warp.</param>
/// <param name="WarpColumns">Columns of a warp.</param>
/// <param name="ExactStages">Stretches of the inner index in shared memory at a time, with three parts.</param>
/// <param name="FastStages">The same, with one part.</param>
internal readonly record struct TensorTile(
    string Name, int Rows, int Columns, int WarpRows, int WarpColumns, int ExactStages, int FastStages)
{
    private const int StretchBytes = 64;

    /// <summary>All of them: for few rows, for what would not fill the device with the last, and for the rest.</summary>
    public static IReadOnlyList<TensorTile> All { get; } =
    [
        new("narrow", 16, 32, 16, 16, 6, 6),
        new("square", 64, 64, 32, 16, 4, 4),
        new("wide", 128, 128, 64, 32, 3, 4),
    ];

    /// <summary>Threads of a block.</summary>
    public int Threads => 32 * (Rows / WarpRows) * (Columns / WarpColumns);

    /// <summary>Shared memory of a block: the ring of stretches, through which the results go as well.</summary>
    public int SharedBytes(int parts) => Math.Max(
        (parts == 1 ? FastStages : ExactStages) * ((parts * Rows) + Columns) * StretchBytes, WarpRows * (Columns + 4) * sizeof(float));
}

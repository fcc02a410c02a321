using Babel.Kernels.Gpu;

namespace Babel.Kernels.Cuda;

/// <summary>A family of product kernels for tensor cores: same arguments, same order of sums, other instructions.</summary>
internal interface ITensorEngine
{
    /// <summary>How many tiles it has, from the smallest to the largest.</summary>
    int TileCount { get; }

    /// <summary>Rows and columns of a block; of a gated product half the columns are the gate's.</summary>
    (int Rows, int Columns) Extents(int tile);

    /// <summary>Enqueues a product.</summary>
    /// <param name="tile">Which tile.</param>
    /// <param name="mode">exact or fast.</param>
    /// <param name="parts">How many bf16 parts x comes in.</param>
    /// <param name="x">The parts, one after the other.</param>
    /// <param name="weight">The weight, or that of the gate.</param>
    /// <param name="firstRow">Its first row that is wanted.</param>
    /// <param name="up">The second weight of a gated product, or null.</param>
    /// <param name="finish">What happens to the product.</param>
    void Launch(int tile, string mode, int parts, GpuMemory x, GpuWeight weight, long firstRow, GpuWeight? up, in ProductFinish finish);
}

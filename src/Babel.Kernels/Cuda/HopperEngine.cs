using Babel.Kernels.Cuda.Interop;
using Babel.Kernels.Gpu;

namespace Babel.Kernels.Cuda;

/// <summary>
/// wgmma on operands the tensor memory accelerator brings, four warps at a time: compute capability 9.0 (Cuda/Kernels/hopper_product.h).
/// </summary>
internal sealed class HopperEngine(CudaDevice device, TensorMap x, TensorMap weight, TensorMap up) : ITensorEngine
{
    /// <summary>The one compute capability that has the instructions; later ones have others.</summary>
    public const int Capability = 90;

    /// <inheritdoc/>
    public int TileCount => HopperTile.All.Count;

    /// <inheritdoc/>
    public (int Rows, int Columns) Extents(int tile) => (HopperTile.All[tile].Rows, HopperTile.All[tile].Columns);

    /// <inheritdoc/>
    public void Launch(int tile, string mode, int parts, GpuMemory xParts, GpuWeight w, long firstRow, GpuWeight? second, in ProductFinish finish)
    {
        var t = HopperTile.All[tile];
        var shape = finish.Output.Shape;
        int columns = t.Columns / (second is null ? 1 : 2);
        var other = second ?? w;

        // Blocks stay: as many as run at a time, each of which takes its share of the tiles.
        long tiles = checked((int)(((shape.Columns + columns - 1) / columns) * ((shape.Rows + t.Rows - 1) / t.Rows)));
        x.Describe(xParts.Address, parts * shape.Rows, w.Columns, t.Rows);
        weight.Describe(w.Memory.Address, w.Rows, w.Columns, columns);
        up.Describe(other.Memory.Address, other.Rows, other.Columns, columns);
        finish.AddTo(device.Arguments.Clear().Add(firstRow), w.Columns);
        device.Launch(
            $"hopper_{mode}_{(second is null ? "" : "gated_")}{t.Name}",
            new GpuGrid(Math.Min(tiles, device.Facts.Processors), 1, 1, t.Threads),
            t.SharedBytes(parts),
            [x.Address, weight.Address, up.Address]);
    }
}

using Babel.Kernels.Gpu;

namespace Babel.Kernels.Cuda;

/// <summary>mma.sync, a warp at a time: compute capability 8.0 and later (Cuda/Kernels/tensor_product.h).</summary>
internal sealed class WarpEngine(CudaDevice device) : ITensorEngine
{
    /// <inheritdoc/>
    public int TileCount => TensorTile.All.Count;

    /// <inheritdoc/>
    public (int Rows, int Columns) Extents(int tile) => (TensorTile.All[tile].Rows, TensorTile.All[tile].Columns);

    /// <inheritdoc/>
    public void Launch(int tile, string mode, int parts, GpuMemory x, GpuWeight weight, long firstRow, GpuWeight? up, in ProductFinish finish)
    {
        var t = TensorTile.All[tile];
        var shape = finish.Output.Shape;
        int columns = t.Columns / (up is null ? 1 : 2);
        finish.AddTo(device.Arguments.Clear().Add(x).Add(weight.Memory).Add(firstRow).Add(up?.Memory), weight.Columns);
        device.Launch(
            $"tensor_{mode}_{(up is null ? "" : "gated_")}{t.Name}",
            new GpuGrid((shape.Columns + columns - 1) / columns, (shape.Rows + t.Rows - 1) / t.Rows, 1, t.Threads),
            t.SharedBytes(parts));
    }
}

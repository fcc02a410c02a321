using Babel.Kernels.Gpu;

namespace Babel.Kernels.Cuda;

/// <summary>Products and attention on an NVIDIA GPU; every other operator is that of <see cref="GpuOps"/>.</summary>
/// <param name="device">The device.</param>
/// <param name="tensorCores">Products on tensor cores, or null where the device has none that passed their check.</param>
/// <param name="tensorAttention">Attention on tensor cores, or null where that is not asked for or not to be had.</param>
internal sealed class CudaOps(CudaDevice device, TensorProducts? tensorCores, TensorAttention? tensorAttention) : GpuOps(device)
{
    // Cuda/Kernels/statistics.h and qk_tiled.h.
    private const int StatsColumns = 32;
    private const int StatsWarps = 8;
    private const int QkRows = 16;
    private const int QkRowsKeys = 32;
    private const int QkRowsThreads = 128;
    private const int QkChangesRows = 8;
    private const int QkChangesThreads = 64;

    /// <inheritdoc/>
    protected override void Product(TensorView x, GpuWeight weight, long firstRow, TensorView output, in GpuEpilogue epilogue) =>
        Multiply(x, weight, firstRow, null, ProductFinish.Of(output, epilogue));

    /// <inheritdoc/>
    protected override void GatedProduct(TensorView x, GpuWeight gate, GpuWeight up, TensorView output, in GpuGatedEpilogue epilogue) =>
        Multiply(x, gate, 0, up, ProductFinish.Of(output, epilogue));

    /// <inheritdoc/>
    protected override void Attend(
        TensorView q,
        TensorView k,
        TensorView v,
        TensorView output,
        AttentionSpec spec,
        SequenceLayout layout,
        TensorView? scale,
        TensorView? pattern)
    {
        // Probabilities that are looked at are exact, and so is what is made of them.
        if (tensorAttention is not null && pattern is null && TensorAttention.Serves(spec))
        {
            tensorAttention.Attend(q, k, v, output, spec, layout, scale);
            return;
        }

        var tile = AttentionTile.For(spec.HeadDim, device.Facts.SharedMemory, Device.Name);
        var placed = Device.Layouts.Of(layout);
        var tiles = placed.Tiles(spec.Group, tile.Rows);
        Arguments().Add(q).Add(k).Add(v).Add(output).Add(placed.Spans).Add(tiles.Memory).Add(Device.Layouts.Slopes(spec)).Add(scale).Add(pattern)
            .Add(pattern is null ? null : placed.PatternStarts(spec.Heads)).Add(spec.KvHeads).Add(spec.Group).Add(spec.HeadDim)
            .Add(spec.Scale).Add(spec.SoftCap).Add(spec.Window).Add(AlibiCode(spec));
        device.Launch(tile.Name, new GpuGrid(tiles.Count, spec.KvHeads, 1, AttentionTile.Threads), tile.SharedBytes);
    }

    /// <inheritdoc/>
    protected override void LaunchColumnStats(int sequences, long columns) => device.Launch(
        "column_stats_chunked", new GpuGrid((columns + StatsColumns - 1) / StatsColumns * sequences, 1, 1, StatsColumns * StatsWarps));

    /// <inheritdoc/>
    protected override void LaunchQkRows(int rows, int heads, int headDim)
    {
        int padded = (headDim + 3) / 4 * 4;
        int shared = sizeof(float) * ((QkRows * padded) + (QkRowsKeys * (padded + 4)));
        if (shared > device.Facts.SharedMemory)
        {
            // So long heads are rare: the kernel without tiles has to do.
            base.LaunchQkRows(rows, heads, headDim);
            return;
        }

        device.Launch("qk_rows_tiled", new GpuGrid((rows + QkRows - 1) / QkRows, heads, 1, QkRowsThreads), shared);
    }

    /// <inheritdoc/>
    protected override void LaunchQkChanges(int rows, int heads, int headDim) => device.Launch(
        "qk_changes_tiled",
        new GpuGrid((rows + QkChangesRows - 1) / QkChangesRows, heads, (headDim + QkChangesThreads - 1) / QkChangesThreads, QkChangesThreads));

    /// <summary>
    /// By what a product is computed depends on the weight alone: the same row has the same bits in a batch of any size.
    /// </summary>
    private void Multiply(TensorView x, GpuWeight weight, long firstRow, GpuWeight? up, in ProductFinish finish)
    {
        if (tensorCores is not null && TensorProducts.Serves(weight))
        {
            tensorCores.Multiply(x, weight, firstRow, up, finish);
            return;
        }

        var shape = finish.Output.Shape;
        int products = up is null ? 1 : 2;
        var tile = TileFor(shape.Rows, products * shape.Columns);
        int columns = tile.BlockColumns / products;
        finish.AddTo(Arguments().Add(x).Add(weight.Memory).Add(firstRow).Add(up?.Memory).Add(weight.StorageCode), x.Shape.Columns);
        device.Launch(
            (up is null ? "product_" : "gated_") + tile.Name,
            new GpuGrid((shape.Columns + columns - 1) / columns, (shape.Rows + tile.BlockRows - 1) / tile.BlockRows, 1, ProductTile.Threads),
            tile.SharedBytes);
    }

    /// <summary>Few rows: narrow tiles, or most of a block would stand idle. Wide ones where there are enough to fill the device.</summary>
    private ProductTile TileFor(long rows, long columns)
    {
        if (rows <= ProductTile.Narrow.BlockRows) return ProductTile.Narrow;
        var wide = ProductTile.Wide;
        long blocks = ((rows + wide.BlockRows - 1) / wide.BlockRows) * ((columns + wide.BlockColumns - 1) / wide.BlockColumns);
        return blocks >= device.Facts.Processors ? wide : ProductTile.Square;
    }
}

using Babel.Kernels.Errors;
using Babel.Kernels.Gpu;

namespace Babel.Kernels.Cuda;

/// <summary>Products and attention on an NVIDIA GPU; every other operator is that of <see cref="GpuOps"/>.</summary>
internal sealed class CudaOps(CudaDevice device) : GpuOps(device)
{
    // Cuda/Kernels/product.h and attention.h.
    private const int ProductThreads = 256;
    private const int ProductDepth = 16;
    private const int AttentionThreads = 128;
    private const int AttentionKeys = 32;

    /// <summary>The tiles of a product: threads hold <paramref name="Rows"/> by <paramref name="Columns"/> outputs each.</summary>
    private readonly record struct ProductTile(string Name, int Rows, int Columns)
    {
        /// <summary>Rows of a block.</summary>
        public int BlockRows => 16 * Rows;

        /// <summary>Columns of a block.</summary>
        public int BlockColumns => 16 * Columns;

        /// <summary>Two stages of both operands; the tile of results goes through the same memory.</summary>
        public int SharedBytes =>
            sizeof(float) * Math.Max(2 * ProductDepth * (BlockRows + BlockColumns + 8), Math.Min(BlockRows, 64) * (BlockColumns + 4));
    }

    private static readonly ProductTile Narrow = new("narrow", 1, 4);
    private static readonly ProductTile Square = new("square", 4, 4);
    private static readonly ProductTile Wide = new("wide", 8, 8);

    /// <inheritdoc/>
    protected override void Product(TensorView x, GpuWeight weight, long firstRow, TensorView output, in GpuEpilogue epilogue)
    {
        var e = epilogue;
        var tile = TileFor(output.Shape.Rows, output.Shape.Columns);
        Arguments().Add(x).Add(weight.Memory).Add(firstRow).Add((DeviceMemory?)null).Add(weight.StorageCode);
        AddFinish(new Finish(output, e.Bias, e.Pre, null, null, e.Gate, e.Scale, e.Post, e.Residual, e.Activation), x.Shape.Columns);
        Launch($"product_{tile.Name}", tile, output.Shape, tile.BlockColumns);
    }

    /// <inheritdoc/>
    protected override void GatedProduct(TensorView x, GpuWeight gate, GpuWeight up, TensorView output, in GpuGatedEpilogue epilogue)
    {
        var e = epilogue;
        var tile = TileFor(output.Shape.Rows, 2 * output.Shape.Columns);
        if (gate.KernelType != up.KernelType)
            throw new KernelException("the two weights of a gated product are stored differently", Device.Name, gate.ToString(), up.ToString());
        Arguments().Add(x).Add(gate.Memory).Add(0L).Add(up.Memory).Add(gate.StorageCode);
        AddFinish(new Finish(output, e.GateBias, e.GatePre, e.UpBias, e.UpPre, null, e.Scale, null, null, e.Activation), x.Shape.Columns);
        Launch($"gated_{tile.Name}", tile, output.Shape, tile.BlockColumns / 2);
    }

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
        // The smallest of the kernels' rooms that holds a head.
        (string name, int rows, int room) = spec.HeadDim switch
        {
            <= 64 => ("attention_64", 64, 64),
            <= 128 => ("attention_128", 64, 128),
            <= 256 => ("attention_256", 32, 256),
            _ => throw new KernelException("the heads are too long for this device's kernel", Device.Name, "at most 256", $"{spec.HeadDim}"),
        };
        var placed = Device.Layouts.Of(layout);
        var tiles = placed.Tiles(spec.Group, rows);
        Arguments().Add(q).Add(k).Add(v).Add(output).Add(placed.Spans).Add(tiles.Memory).Add(Device.Layouts.Slopes(spec)).Add(scale).Add(pattern)
            .Add(pattern is null ? null : placed.PatternStarts(spec.Heads)).Add(spec.KvHeads).Add(spec.Group).Add(spec.HeadDim)
            .Add(spec.Scale).Add(spec.SoftCap).Add(spec.Window).Add(AlibiCode(spec));
        int panel = Math.Max(room * (AttentionKeys + 4), AttentionKeys * (room + 4));
        int floats = (room * (rows + 4)) + panel + (rows * (AttentionKeys + 4));
        device.Launch(name, new GpuGrid(tiles.Count, spec.KvHeads, 1, AttentionThreads), sizeof(float) * floats);
    }

    /// <summary>Few rows: narrow tiles, or most of a block would stand idle. Wide ones where there are enough to fill the device.</summary>
    private ProductTile TileFor(long rows, long columns)
    {
        if (rows <= Narrow.BlockRows) return Narrow;
        long wide = ((rows + Wide.BlockRows - 1) / Wide.BlockRows) * ((columns + Wide.BlockColumns - 1) / Wide.BlockColumns);
        return wide >= device.Facts.Processors ? Wide : Square;
    }

    private void AddFinish(in Finish finish, long inner)
    {
        var f = finish;
        device.Arguments.Add(f.Output).Add(f.Bias).Add(f.Pre).Add(f.UpBias).Add(f.UpPre).Add(f.Gate).Add(f.Scale).Add(f.Post).Add(f.Residual)
            .Add((int)f.Activation.Kind).Add(f.Activation.Parameter).Add(checked((int)f.Output.Shape.Rows)).Add(checked((int)f.Output.Shape.Columns))
            .Add(checked((int)inner));
    }

    private void Launch(string kernel, ProductTile tile, Shape output, int columns) => device.Launch(
        kernel,
        new GpuGrid((output.Columns + columns - 1) / columns, (output.Rows + tile.BlockRows - 1) / tile.BlockRows, 1, ProductThreads),
        tile.SharedBytes);

    /// <summary>What Cuda/Kernels/finish.h does to a product, in the order of its arguments.</summary>
    private readonly record struct Finish(
        TensorView Output,
        TensorView? Bias,
        TensorView? Pre,
        TensorView? UpBias,
        TensorView? UpPre,
        TensorView? Gate,
        TensorView? Scale,
        TensorView? Post,
        TensorView? Residual,
        Activation Activation);
}

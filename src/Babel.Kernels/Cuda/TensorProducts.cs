using Babel.Kernels.Gpu;

namespace Babel.Kernels.Cuda;

/// <summary>
/// Products by bf16 weights on tensor cores, from compute capability 8.0 on. Exact: the activations are split into three bf16 parts that hold
/// every digit, and each part is multiplied (Cuda/Kernels/split.h). Fast: the activations are rounded to bf16.
/// </summary>
/// <param name="device">The device.</param>
/// <param name="precision">Which of the two.</param>
internal sealed class TensorProducts(CudaDevice device, Precision precision)
{
    /// <summary>The least compute capability that has the instructions.</summary>
    public const int LeastCapability = 80;

    private const int SplitThreads = 256;

    // Copies to shared memory are 16 bytes: rows of a weight begin at such addresses where the inner extent is a multiple of this.
    private const int Granule = 8;

    // Parts of this many elements of x are in memory at a time.
    private const long MostElements = 32 << 20;

    private int Parts => precision == Precision.Fast ? 1 : 3;

    /// <summary>Whether a product by this weight can be computed here. Other weights keep to the float units, which are exact.</summary>
    public static bool Serves(GpuWeight weight) => weight.KernelType == DType.BF16 && weight.Columns % Granule == 0 && weight.Columns > 0;

    /// <summary>Enqueues a product, or a gated one where <paramref name="up"/> is given.</summary>
    public void Multiply(TensorView x, GpuWeight weight, long firstRow, GpuWeight? up, in ProductFinish finish)
    {
        long some = Math.Max(MostElements / x.Shape.Columns, 1024);
        for (long row = 0; row < x.Shape.Rows; row += some)
        {
            long count = Math.Min(some, x.Shape.Rows - row);
            var part = finish.Rows(row, count);
            Multiply(TileFor(count, part.Output.Shape.Columns * (up is null ? 1 : 2)), x.Rows(row, count), weight, firstRow, up, part);
        }
    }

    /// <summary>Enqueues a product with a tile of one's choice.</summary>
    internal void Multiply(TensorTile tile, TensorView x, GpuWeight weight, long firstRow, GpuWeight? up, in ProductFinish finish)
    {
        string mode = precision == Precision.Fast ? "fast" : "exact";
        var parts = device.Scratch.Bytes("bf16 parts", checked(sizeof(ushort) * Parts * x.Count));
        device.Arguments.Clear().Add(x).Add(parts).Add(x.Count);
        device.Launch($"split_{mode}", GpuGrid.Flat(x.Count, SplitThreads));

        var shape = finish.Output.Shape;
        int columns = tile.Columns / (up is null ? 1 : 2);
        finish.AddTo(device.Arguments.Clear().Add(parts).Add(weight.Memory).Add(firstRow).Add(up?.Memory), x.Shape.Columns);
        device.Launch(
            $"tensor_{mode}_{(up is null ? "" : "gated_")}{tile.Name}",
            new GpuGrid((shape.Columns + columns - 1) / columns, (shape.Rows + tile.Rows - 1) / tile.Rows, 1, tile.Threads),
            tile.SharedBytes(Parts));
    }

    private TensorTile TileFor(long rows, long columns)
    {
        var tiles = TensorTile.All;
        if (rows <= tiles[0].Rows) return tiles[0];
        var wide = tiles[^1];
        long blocks = ((rows + wide.Rows - 1) / wide.Rows) * ((columns + wide.Columns - 1) / wide.Columns);
        return blocks >= device.Facts.Processors ? wide : tiles[1];
    }
}

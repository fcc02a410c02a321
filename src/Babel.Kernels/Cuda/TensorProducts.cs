using Babel.Kernels.Gpu;

namespace Babel.Kernels.Cuda;

/// <summary>
/// Products by bf16 weights on tensor cores, from compute capability 8.0 on. Exact: the activations are split into three bf16 parts that hold
/// every digit, and each part is multiplied (Cuda/Kernels/split.h). Fast: the activations are rounded to bf16.
/// </summary>
/// <param name="device">The device.</param>
/// <param name="precision">Which of the two.</param>
/// <param name="engine">The instructions it is done with.</param>
internal sealed class TensorProducts(CudaDevice device, Precision precision, ITensorEngine engine)
{
    /// <summary>The least compute capability that has the instructions.</summary>
    public const int LeastCapability = 80;

    private const int SplitThreads = 256;

    // Copies to shared memory are 16 bytes: rows of a weight begin at such addresses where the inner extent is a multiple of this.
    private const int Granule = 8;

    // Parts of this many elements of x are in memory at a time.
    private const long MostElements = 32 << 20;

    /// <summary>exact or fast, as kernels are named.</summary>
    private string Mode => precision == Precision.Fast ? "fast" : "exact";

    private int Parts => PartsOf(precision);

    /// <summary>How many tiles the engine has.</summary>
    public int TileCount => engine.TileCount;

    /// <summary>Whether a product by this weight can be computed here. Other weights keep to the float units, which are exact.</summary>
    public static bool Serves(GpuWeight weight) => weight.KernelType == DType.BF16 && weight.Columns % Granule == 0 && weight.Columns > 0;

    /// <summary>Memory that the parts of activations [N, k] take.</summary>
    public static long PartBytes(long rows, long inner, Precision precision) =>
        sizeof(ushort) * PartsOf(precision) * inner * Math.Min(rows, RowsAtOnce(inner));

    /// <summary>Rows and columns of results a block of a tile computes.</summary>
    public (int Rows, int Columns) Extents(int tile) => engine.Extents(tile);

    /// <summary>Enqueues a product, or a gated one where <paramref name="up"/> is given.</summary>
    public void Multiply(TensorView x, GpuWeight weight, long firstRow, GpuWeight? up, in ProductFinish finish)
    {
        long some = RowsAtOnce(x.Shape.Columns);
        for (long row = 0; row < x.Shape.Rows; row += some)
        {
            long count = Math.Min(some, x.Shape.Rows - row);
            var part = finish.Rows(row, count);
            Multiply(TileFor(count, part.Output.Shape.Columns * (up is null ? 1 : 2)), x.Rows(row, count), weight, firstRow, up, part);
        }
    }

    /// <summary>Enqueues a product with a tile of one's choice.</summary>
    internal void Multiply(int tile, TensorView x, GpuWeight weight, long firstRow, GpuWeight? up, in ProductFinish finish)
    {
        var parts = device.Scratch.Bytes("bf16 parts", checked(sizeof(ushort) * Parts * x.Count));
        device.Arguments.Clear().Add(x).Add(parts).Add(x.Count);
        device.Launch($"split_{Mode}", GpuGrid.Flat(x.Count, SplitThreads));
        engine.Launch(tile, Mode, Parts, parts, weight, firstRow, up, finish);
    }

    private static int PartsOf(Precision precision) => precision == Precision.Fast ? 1 : 3;

    private static long RowsAtOnce(long inner) => Math.Max(MostElements / inner, 1024);

    /// <summary>The first tile for few rows, the last where there are enough of it to fill the device.</summary>
    private int TileFor(long rows, long columns)
    {
        int last = engine.TileCount - 1;
        if (rows <= engine.Extents(0).Rows) return 0;
        var (tall, wide) = engine.Extents(last);
        long blocks = ((rows + tall - 1) / tall) * ((columns + wide - 1) / wide);
        return blocks >= device.Facts.Processors ? last : 1;
    }
}

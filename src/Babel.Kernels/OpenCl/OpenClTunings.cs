using System.Numerics;
using Babel.Kernels.Gpu;

namespace Babel.Kernels.OpenCl;

/// <summary>The cuts: registers of 16 floats and no barriers for the processor; groups with local memory for a GPU, as large as the device takes.</summary>
internal static class OpenClTunings
{
    /// <summary>Outputs in a panel for a CPU device: two registers of 16.</summary>
    public const int CpuPanel = 32;

    // Kernels/product_gpu.cl: rows of a tile an item has, and inner indices in local memory at a time.
    private const int ItemSide = 4;
    private const int Depth = 16;

    // Outputs in a panel, and rows and columns of a tile, for GPUs of ever smaller groups.
    private static readonly int[] GpuPanels = [64, 32, 16];

    /// <summary>For the processor as an OpenCL device.</summary>
    public static GpuTuning Cpu { get; } = new() { Lanes = 16, RowLocal = 1, Panel = CpuPanel, FlatLocal = 16, AttentionLocal = 1 };

    /// <summary>The largest cut for graphics processors whose groups are within what the device takes.</summary>
    public static GpuTuning Gpu(OpenClDeviceFacts facts) => GpuCuts(facts).First();

    /// <summary>What a device may get, the best first: a driver may allow its kernels less than it says of the device.</summary>
    public static IReadOnlyList<GpuTuning> For(OpenClDeviceFacts facts) => facts.IsCpu ? [Cpu] : [.. GpuCuts(facts)];

    /// <summary>Items that compute a tile on a GPU.</summary>
    public static int TileItems(int panel) => panel / ItemSide * (panel / ItemSide);

    /// <summary>Why a device cannot run the kernels, or null.</summary>
    public static string? WhyNot(OpenClDeviceFacts facts)
    {
        if (For(facts).Count > 0) return null;
        int least = GpuPanels[^1];
        return $"the matrix product needs groups of {TileItems(least)} items and {LocalBytes(least) / 1024} KiB of local memory; the device has {facts.LargestGroup} and {facts.LocalBytes / 1024} KiB";
    }

    private static int LocalBytes(int panel) => 2 * panel * Depth * sizeof(float);

    private static IEnumerable<GpuTuning> GpuCuts(OpenClDeviceFacts facts) =>
        from panel in GpuPanels
        where (ulong)TileItems(panel) <= facts.LargestGroup && (ulong)LocalBytes(panel) <= facts.LocalBytes
        let most = (int)Math.Min(panel == GpuPanels[0] ? 256 : (ulong)TileItems(panel), facts.LargestGroup)
        select new GpuTuning
        {
            Lanes = 1,
            RowLocal = Math.Min(128, (int)BitOperations.RoundUpToPowerOf2((uint)most + 1) / 2),
            Panel = panel,
            FlatLocal = most,
            AttentionLocal = Math.Min(64, most),
        };
}

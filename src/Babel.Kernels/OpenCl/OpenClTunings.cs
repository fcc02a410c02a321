using Babel.Kernels.Gpu;

namespace Babel.Kernels.OpenCl;

/// <summary>The two cuts: registers of 16 floats and no barriers for the processor, small groups with local memory for a GPU.</summary>
internal static class OpenClTunings
{
    /// <summary>Outputs in a panel for a CPU device: two registers of 16.</summary>
    public const int CpuPanel = 32;

    /// <summary>Outputs in a panel, and rows and columns of a tile, for a GPU.</summary>
    public const int GpuPanel = 64;

    /// <summary>Items that compute a tile on a GPU.</summary>
    public const int GpuTileItems = 256;

    /// <summary>For the processor as an OpenCL device.</summary>
    public static GpuTuning Cpu { get; } = new() { Lanes = 16, RowLocal = 1, Panel = CpuPanel, FlatLocal = 16, AttentionLocal = 1 };

    /// <summary>For graphics processors: groups no larger than the device takes.</summary>
    public static GpuTuning Gpu(OpenClDeviceFacts facts) => new()
    {
        Lanes = 1,
        RowLocal = (int)Math.Min(128, facts.LargestGroup),
        Panel = GpuPanel,
        FlatLocal = (int)Math.Min(256, facts.LargestGroup),
        AttentionLocal = (int)Math.Min(64, facts.LargestGroup),
    };

    /// <summary>What a device gets.</summary>
    public static GpuTuning For(OpenClDeviceFacts facts) => facts.IsCpu ? Cpu : Gpu(facts);

    /// <summary>Why a device cannot run the kernels, or null.</summary>
    public static string? WhyNot(OpenClDeviceFacts facts)
    {
        if (facts.IsCpu || (facts.LargestGroup >= GpuTileItems && facts.LocalBytes >= 16384)) return null;
        return $"the matrix product needs groups of {GpuTileItems} items and 16 KiB of local memory; the device has {facts.LargestGroup} and {facts.LocalBytes / 1024} KiB";
    }
}

using System.Globalization;
using Babel.Kernels.Gpu;

namespace Babel.Kernels.OpenCl;

/// <summary>One program: which sources, and the options they are compiled with. Two objects are two programs.</summary>
/// <param name="files">The sources, in order.</param>
/// <param name="defines">Macros beside those of the tuning.</param>
internal sealed class OpenClProgram(string[] files, string defines = "")
{
    /// <summary>The sources, in order.</summary>
    public IReadOnlyList<string> Files => files;

    /// <summary>The operators shared with CUDA.</summary>
    public static OpenClProgram Shared { get; } = new([.. KernelSource.Prelude, .. KernelSource.Shared]);

    /// <summary>Products with weights of a storage type, <see cref="GpuWeight.StorageCode"/>.</summary>
    public static OpenClProgram Product(int storage, bool cpu) => new(
        [.. KernelSource.Prelude, "OpenCl/epilogue.h", cpu ? "OpenCl/product_cpu.cl" : "OpenCl/product_gpu.cl"],
        string.Create(CultureInfo.InvariantCulture, $" -DSTORAGE={storage}"));

    /// <summary>Attention with heads of up to <paramref name="headRoom"/> dimensions.</summary>
    public static OpenClProgram Attention(int headRoom) => new(
        [.. KernelSource.Prelude, "Gpu/scores.h", "Gpu/attention.cl"],
        string.Create(CultureInfo.InvariantCulture, $" -DHEAD_ROOM={headRoom}"));

    /// <summary>The compiler's options.</summary>
    public string Options(GpuTuning tuning, bool dividesCorrectly) => string.Create(
        CultureInfo.InvariantCulture,
        $"-cl-std=CL1.2 -DLANES={tuning.Lanes} -DROW_LOCAL={tuning.RowLocal} -DFLAT_LOCAL={tuning.FlatLocal} -DATTENTION_LOCAL={tuning.AttentionLocal} -DPANEL={tuning.Panel}{defines}{(dividesCorrectly ? " -cl-fp32-correctly-rounded-divide-sqrt" : "")}");
}

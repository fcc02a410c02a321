namespace Babel.Kernels.Gpu;

/// <summary>How many groups a kernel runs in, and how many items a group has. Groups lie in three dimensions, items of a group in one.</summary>
/// <param name="X">Groups along the first axis.</param>
/// <param name="Y">Groups along the second.</param>
/// <param name="Z">Groups along the third.</param>
/// <param name="Local">Items of a group.</param>
internal readonly record struct GpuGrid(long X, long Y, long Z, int Local)
{
    /// <summary>Enough groups for <paramref name="items"/> items that each work for themselves.</summary>
    public static GpuGrid Flat(long items, int local) => new((items + local - 1) / local, 1, 1, local);

    /// <inheritdoc/>
    public override string ToString() => $"{X} x {Y} x {Z} groups of {Local}";
}

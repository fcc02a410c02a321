namespace Babel.Kernels.Gpu;

/// <summary>
/// How the kernels are cut to a device. They are macros of the kernels' source (<c>Gpu/Kernels/prelude.h</c>), so a program is built for one tuning.
/// </summary>
internal sealed record GpuTuning
{
    /// <summary>Floats an item takes at a time: 1, or 16 on a CPU device, where that is one register.</summary>
    public required int Lanes { get; init; }

    /// <summary>Items that share a row in norms and reductions; a power of two.</summary>
    public required int RowLocal { get; init; }

    /// <summary>Outputs in a panel of a weight; 1 for row-major.</summary>
    public required int Panel { get; init; }

    /// <summary>Items of a group where each works for itself.</summary>
    public required int FlatLocal { get; init; }

    /// <summary>Items of a group in attention; a tile is this many times <see cref="Lanes"/> rows.</summary>
    public required int AttentionLocal { get; init; }

    /// <summary>Rows of an attention tile.</summary>
    public int AttentionRows => AttentionLocal * Lanes;

    /// <summary>How many items of <see cref="Lanes"/> floats <paramref name="count"/> floats are.</summary>
    public long Blocks(long count) => (count + Lanes - 1) / Lanes;
}

namespace Babel.Kernels.Cpu.Simd;

/// <summary>Rows cut into work items that are worth a thread's while: about 16 thousand elements each.</summary>
internal readonly record struct RowChunks(long Rows, long Columns)
{
    private const long Elements = 16384;

    private long PerItem => Math.Max(1, Elements / Math.Max(1, Columns));

    /// <summary>How many items.</summary>
    public int Items => checked((int)((Rows + PerItem - 1) / PerItem));

    /// <summary>The first row of an item; of item <see cref="Items"/>, the end.</summary>
    public nint Start(int item) => (nint)Math.Min(Rows, item * PerItem);
}

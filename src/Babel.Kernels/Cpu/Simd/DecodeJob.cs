using Babel.Kernels.Cpu.Threading;

namespace Babel.Kernels.Cpu.Simd;

/// <summary>
/// Attention of few rows over many keys, as one new token of a long text: an item for every sequence, key/value head and stretch of blocks
/// of keys, which leaves the sums of each block to <see cref="DecodeJoinJob{TV}"/>. So one head of one sequence keeps all threads busy, with the
/// bits of <see cref="AttentionJob{TV}"/>.
/// </summary>
internal readonly unsafe struct DecodeJob<TV>(AttentionCall call, DecodePlan plan, nint sums) : IJob
    where TV : unmanaged, ILanes<TV>
{
    /// <summary>How many items there are.</summary>
    public int Items => checked(call.Pairs * plan.Segments);

    /// <inheritdoc/>
    public void Run(int item)
    {
        var (segment, pair) = Math.DivRem(item, call.Pairs);
        var rows = DecodePlan.Rows(call, pair);
        int first = segment * plan.BlocksOfSegment, count = Math.Min(plan.BlocksOfSegment, DecodePlan.BlocksOf(rows) - first);
        if (count <= 0) return;
        float* to = (float*)sums + (nint)(pair * plan.Floats(call)) + (first * rows.Rows * AttentionSums.Stride(rows.HeadDim));
        AttentionRows<TV>.Partials(rows, rows.FirstKey + (first * AttentionBlock.Keys), count, to);
    }
}

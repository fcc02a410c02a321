using Babel.Kernels.Cpu.Threading;

namespace Babel.Kernels.Cpu.Simd;

/// <summary>Joins the sums of the blocks that <see cref="DecodeJob{TV}"/> left, in ascending order; an item for every sequence and key/value head.</summary>
internal readonly unsafe struct DecodeJoinJob<TV>(AttentionCall call, DecodePlan plan, nint sums) : IJob
    where TV : unmanaged, ILanes<TV>
{
    /// <inheritdoc/>
    public void Run(int item)
    {
        var rows = DecodePlan.Rows(call, item);
        nint d = rows.HeadDim, stride = AttentionSums.Stride(d), ofBlock = rows.Rows * stride;
        int blocks = DecodePlan.BlocksOf(rows);
        float* first = (float*)sums + (nint)(item * plan.Floats(call));
        for (int row = 0; row < rows.Rows; row++)
        {
            // Joined to nothing, as a row begins that is computed in one piece.
            float* total = first + (blocks * ofBlock) + (row * stride);
            AttentionSums.Clear(total, d);
            for (int b = 0; b < blocks; b++) AttentionSums.Join<TV>(total, first + (b * ofBlock) + (row * stride), d);
            AttentionSums.Finish(total, d, rows.Output(row));
            rows.ApplyScale<TV>(row);
        }
    }
}

using Babel.Kernels.Cpu.Simd;
using Babel.Kernels.Cpu.Threading;

namespace Babel.Kernels.Cpu;

internal sealed partial class CpuOps
{
    /// <inheritdoc/>
    public void Attention(
        TensorView q,
        TensorView k,
        TensorView v,
        TensorView output,
        AttentionSpec spec,
        SequenceLayout layout,
        Epilogue? epilogue = null,
        TensorView? pattern = null)
    {
        var call = new AttentionCall(_device, q, k, v, output, spec, layout, epilogue?.Scale, pattern);
        AtWidth(new AttentionAtWidth(call));

        // The output is what the tap takes; it is still in cache, and items split a sequence, which sums over tokens must not.
        if (epilogue?.Post is not { } tap) return;
        if (tap.Values is { } values) CopyRows(output, null, null, values, "Attention: post tap");
        if (tap.Stats is { } stats) ColumnStats(output, tap.Layout!, stats);
    }

    private readonly struct AttentionAtWidth(AttentionCall call) : IWidthCall
    {
        public void Run<TV>(CpuDevice device, WorkerPool pool)
            where TV : unmanaged, ILanes<TV>
        {
            var plan = DecodePlan.Of(call, pool.Threads);
            if (plan.Segments == 1)
            {
                var job = new AttentionJob<TV>(call, pool.Threads);
                pool.Run(job.Items, job);
                return;
            }

            nint sums = plan.Memory(call);
            var blocks = new DecodeJob<TV>(call, plan, sums);
            pool.Run(blocks.Items, blocks);
            pool.Run(call.Pairs, new DecodeJoinJob<TV>(call, plan, sums));
        }
    }
}

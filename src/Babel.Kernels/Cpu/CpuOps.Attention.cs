using Babel.Kernels.Cpu.Simd;

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
        switch (_device.InstructionSet)
        {
            case CpuInstructionSet.Avx512:
                Attention<WideAvx512>(call);
                break;
            case CpuInstructionSet.Avx2:
                Attention<WideAvx2>(call);
                break;
            case CpuInstructionSet.Vector128:
                Attention<WideVector128>(call);
                break;
            default:
                Attention<WideScalar>(call);
                break;
        }

        // The output is what the tap takes; it is still in cache, and items split a sequence, which sums over tokens must not.
        if (epilogue?.Post is not { } tap) return;
        if (tap.Values is { } values) CopyRows(output, null, null, values, "Attention: post tap");
        if (tap.Stats is { } stats) ColumnStats(output, tap.Layout!, stats);
    }

    private void Attention<TV>(AttentionCall call)
        where TV : unmanaged, ILanes<TV>
    {
        var job = new AttentionJob<TV>(call);
        _pool.Run(job.Items, job);
    }
}

using Babel.Kernels.Cpu.Threading;

namespace Babel.Kernels.Cpu.Simd;

/// <summary>
/// The query and key scores of one head of one sequence an item. Query scores are written; key scores, which are summed over the heads that share
/// a key head, go to <paramref name="keyPartials"/> as float64 [S, H*d].
/// </summary>
internal readonly unsafe struct QkScoresJob<TV>(
    CpuDevice device,
    QkScoreForm form,
    QkScoreInputs inputs,
    AttentionSpec spec,
    SequenceLayout layout,
    TensorView scoreQ,
    nint keyPartials) : IJob
    where TV : unmanaged, ILanes<TV>
{
    /// <summary>How many items there are.</summary>
    public int Items => checked(layout.Count * spec.Heads);

    /// <inheritdoc/>
    public void Run(int item)
    {
        var (s, head) = Math.DivRem(item, spec.Heads);
        var pass = new QkPass<TV>(device, form, inputs, spec, layout.Spans[s], head);
        float* memory = (float*)device.Scratch.Rent(pass.ScratchFloats * sizeof(float), out int ticket);
        try
        {
            pass.Place(memory);
            pass.Compute();
            nint at = (nint)item * spec.HeadDim;
            float* queries = Operand.Floats(scoreQ) + at;
            double* keys = (double*)keyPartials + at;
            for (int a = 0; a < spec.HeadDim; a++) (queries[a], keys[a]) = ((float)pass.QueryScore(a), pass.KeyScore(a));
        }
        finally
        {
            device.Scratch.Return(ticket);
        }
    }
}

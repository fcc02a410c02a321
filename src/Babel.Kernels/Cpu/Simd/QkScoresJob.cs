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
        var span = layout.Spans[s];
        int lanes = (spec.HeadDim + TV.Count - 1) / TV.Count * TV.Count;
        double* sums = stackalloc double[lanes];
        var pass = new QkPass<TV>(device, inputs, spec, span, head);
        float* memory = (float*)device.Scratch.Rent(pass.ScratchFloats * sizeof(float), out int ticket);
        try
        {
            pass.Place(memory);
            nint at = ((nint)item * spec.HeadDim);
            float* queries = Operand.Floats(scoreQ) + at;
            double* keys = (double*)keyPartials + at;

            // Without rotation and norm a product q_a k_a goes whichever of the two is off.
            bool same = form == QkScoreForm.Repo || (inputs.Rotary is null && inputs.RawQ is null && inputs.RawK is null);
            pass.Compute(form == QkScoreForm.Repo ? QkSide.Both : QkSide.Query, form, sums);
            for (int a = 0; a < spec.HeadDim; a++) queries[a] = (float)sums[a];
            if (!same) pass.Compute(QkSide.Key, form, sums);
            for (int a = 0; a < spec.HeadDim; a++) keys[a] = sums[a];
        }
        finally
        {
            device.Scratch.Return(ticket);
        }
    }
}

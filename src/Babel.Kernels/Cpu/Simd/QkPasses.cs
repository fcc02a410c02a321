using Babel.Kernels.Cpu.Threading;

namespace Babel.Kernels.Cpu.Simd;

/// <summary>All heads of all sequences, and then the key scores over the heads that share a key head, in ascending order.</summary>
internal static unsafe class QkPasses<TV>
    where TV : unmanaged, ILanes<TV>
{
    /// <summary>Runs <see cref="IOps.QkScores"/>.</summary>
    public static void Run(
        CpuDevice device,
        WorkerPool pool,
        QkScoreForm form,
        QkScoreInputs inputs,
        AttentionSpec spec,
        SequenceLayout layout,
        TensorView scoreQ,
        TensorView scoreK)
    {
        long width = (long)spec.Heads * spec.HeadDim;
        double* partials = (double*)device.Scratch.Shared(ScratchBuffers.Partials, layout.Count * width * sizeof(double));
        var job = new QkScoresJob<TV>(device, form, inputs, spec, layout, scoreQ, (nint)partials);
        pool.Run(job.Items, job);

        // In the released code's reading every query head has keys of its own.
        int group = form == QkScoreForm.Repo ? 1 : spec.Group, headDim = spec.HeadDim;
        float* scores = Operand.Floats(scoreK);
        for (long key = 0; key < layout.Count * width / group; key++)
        {
            double sum = 0;
            double* first = partials + (((key / headDim * group) * headDim) + (key % headDim));
            for (int g = 0; g < group; g++) sum += first[g * headDim];
            scores[key] = (float)sum;
        }

        GC.KeepAlive(scoreK.Memory);
    }
}

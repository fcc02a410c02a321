using Babel.Kernels;

namespace Babel.Model;

/// <summary>What a batch in flight takes on a device: the buffers of the decoder, of its operators, and of what is observed.</summary>
public static class ActivationFootprint
{
    /// <summary>Bytes for batches of a size.</summary>
    /// <param name="spec">The model's form.</param>
    /// <param name="device">Where it runs.</param>
    /// <param name="rows">N, token rows of the largest batch.</param>
    /// <param name="sequences">S, windows of the batch with the most.</param>
    /// <param name="longest">T, tokens of the longest window.</param>
    /// <param name="storage">The type of the weights.</param>
    /// <param name="plan">What is observed.</param>
    /// <param name="logProbs">Whether log-probabilities are computed.</param>
    /// <param name="cached">Tokens whose keys and values are kept, of all sequences.</param>
    public static long Of(
        DecoderSpec spec, Device device, long rows, long sequences, long longest, DType storage, ProbePlan plan, bool logProbs, long cached = 0)
    {
        long e = device.ComputeType.Size(), d = spec.ModelWidth, q = spec.QueryWidth, kv = spec.KvWidth, f = spec.FfnWidth;
        bool written = spec.IsParallel || spec.Residual == ResidualForm.Sandwich;

        // x, its norm, and the sum of both branches where it stands alone; q, k, v, z; the neurons.
        long widths = (2 * d) + (written ? d : 0) + (2 * q) + (2 * kv) + f;
        if (plan.QkScores is not null) widths += (q + kv) * (spec.HeadNorm ? 2 : 1);
        if (spec.EmbeddingWidth != d) widths += spec.EmbeddingWidth;
        if (logProbs) widths += d + 1;

        // Five statistics of every sequence and site, and the copies of them on the host, float64 beside float32.
        long observed = plan.Statistics.Sum(s => (long)spec.Width(s)) * 5;
        if (plan.QkScores is not null) observed += 2 * q;
        if (plan.ValueScores) observed += kv;
        long copies = plan.Statistics.Count > 0 ? Math.Max(f, q) * 16 : 0;

        // The finite check reads pieces of x. What is on the host takes no memory of a device that has its own.
        long piece = Math.Min(rows * d, Math.Max(d, Decoding.FiniteGuard.Piece));
        long host = device.MostBytes is null ? (sequences * copies) + (piece * sizeof(float)) : 0;
        return (rows * widths * e) + (sequences * observed * e) + host + device.ScratchBytes(
            Load(spec, rows, sequences, longest, storage, plan, logProbs) with { Keys = cached });
    }

    private static OperatorLoad Load(DecoderSpec spec, long rows, long sequences, long longest, DType storage, ProbePlan plan, bool logProbs) => new()
    {
        Rows = rows,
        Sequences = sequences,
        Longest = longest,
        Width = Math.Max(spec.ModelWidth, Math.Max(spec.QueryWidth, spec.FfnWidth)),
        Storage = storage,
        TappedWidth = plan.Statistics.Where(s => s is Site.MlpPre or Site.MlpUp).Sum(s => (long)spec.Width(s)),
        Vocabulary = logProbs ? spec.Vocabulary : 0,
        QkScores = plan.QkScores,
        Heads = spec.Heads,
        KvHeads = spec.KvHeads,
        HeadDim = spec.HeadDim,
        HeadsAreTurned = spec.Rope is not null || spec.HeadNorm,
    };
}

namespace Babel.Kernels.Cuda;

/// <summary>
/// Tries every attention kernel for tensor cores on its device before any is used: queries, keys and values that are bfloat16 already, so that only the
/// rounding of probabilities is left, each output held against float64. A device that fails keeps to its float units, and says so.
/// </summary>
internal static class AttentionCheck
{
    // More rows than a tile, more keys than are in shared memory at a time, and neither in whole blocks.
    private const int Queries = 70;
    private const int Keys = 270;
    private const int Heads = 4;
    private const int KvHeads = 2;

    // A probability is within 2^-8 of itself, its exponential and the sums of a few hundred terms within 2^-13 of theirs.
    private const double Error = (1.0 / (1 << 8)) + (1.0 / (1 << 12));

    /// <summary>What is wrong, or null.</summary>
    public static string? Failure(CudaDevice device, TensorAttention attention)
    {
        foreach (int headDim in TensorAttention.HeadDims)
        {
            for (int tile = 0; tile < TensorAttention.TileCount; tile++)
            {
                if (Failure(device, attention, headDim, tile) is { } wrong) return $"heads of {headDim}, tile {tile}: {wrong}";
            }
        }

        return null;
    }

    private static string? Failure(CudaDevice device, TensorAttention attention, int headDim, int tile)
    {
        float[] q = Brain(Queries * Heads * headDim, 1), k = Brain(Keys * KvHeads * headDim, 2), v = Brain(Keys * KvHeads * headDim, 3);
        using var queries = device.FromFloats(q, new Shape(Queries, Heads * headDim));
        using var keys = device.FromFloats(k, new Shape(Keys, KvHeads * headDim));
        using var values = device.FromFloats(v, new Shape(Keys, KvHeads * headDim));
        using var output = device.Allocate(new Shape(Queries, Heads * headDim));
        var spec = new AttentionSpec { Heads = Heads, KvHeads = KvHeads, HeadDim = headDim, Scale = (float)(2 / Math.Sqrt(headDim)) };
        var layout = new SequenceLayout([new SequenceSpan(0, Queries, 0, Keys)]);
        attention.Attend(tile, queries, keys, values, output, spec, layout, null);
        var y = device.ToFloats(output);
        var probabilities = new double[Keys];
        for (int i = 0; i < Queries; i++)
        {
            for (int h = 0; h < Heads; h++)
            {
                int kvHead = h / spec.Group, last = Keys - Queries + i;
                Probabilities(q.AsSpan(((i * Heads) + h) * headDim, headDim), k, kvHead, last, spec, probabilities);
                for (int c = 0; c < headDim; c++)
                {
                    double value = 0, size = 0;
                    for (int j = 0; j <= last; j++)
                    {
                        double term = probabilities[j] * v[(((j * KvHeads) + kvHead) * headDim) + c];
                        value += term;
                        size += Math.Abs(term);
                    }

                    // Written so that NaN fails.
                    float found = y[(((i * Heads) + h) * headDim) + c];
                    if (!(Math.Abs(found - value) <= Error * size)) return $"{found} where {value} was right";
                }
            }
        }

        return null;
    }

    private static void Probabilities(ReadOnlySpan<float> query, float[] k, int kvHead, int last, AttentionSpec spec, double[] probabilities)
    {
        double sum = 0;
        for (int j = 0; j <= last; j++)
        {
            double score = 0;
            for (int c = 0; c < query.Length; c++) score += (double)query[c] * k[(((j * KvHeads) + kvHead) * query.Length) + c];
            probabilities[j] = Math.Exp(score * spec.Scale);
            sum += probabilities[j];
        }

        for (int j = 0; j <= last; j++) probabilities[j] /= sum;
    }

    private static float[] Brain(int count, uint seed) =>
        Array.ConvertAll(TensorCheck.Numbers(count, seed), x => DTypes.FromBFloat16(DTypes.ToBFloat16(x)));
}

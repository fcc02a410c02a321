using Babel.Kernels.Reference;

namespace Babel.Kernels.Cuda;

/// <summary>
/// Tries every attention kernel for tensor cores on its device before any is used: queries, keys and values that are bfloat16 already, so that only the
/// rounding of probabilities is left, each output held against the
/// reference, without options and with all of them. A device that fails keeps to its float units, and says so.
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
        using var reference = new ReferenceDevice();
        foreach (int headDim in TensorAttention.HeadDims)
        {
            for (int tile = 0; tile < TensorAttention.TileCount; tile++)
            {
                if (Failure(device, reference, attention, headDim, tile) is { } wrong) return $"heads of {headDim}, tile {tile}: {wrong}";
            }
        }

        return null;
    }

    private static string? Failure(CudaDevice device, ReferenceDevice reference, TensorAttention attention, int headDim, int tile)
    {
        var plain = new AttentionSpec { Heads = Heads, KvHeads = KvHeads, HeadDim = headDim, Scale = (float)(2 / Math.Sqrt(headDim)) };
        if (Failure(device, reference, attention, tile, plain, [new SequenceSpan(0, Queries, 0, Keys)], scaled: false) is { } wrong) return wrong;

        // Every option at once, over sequences of which one is a few queries behind many keys, whose first block no window reaches.
        var options = plain with { Window = 40, SoftCap = 2.5f, AlibiSlopes = [0.5f, 0.25f, 0.125f, 0.0625f] };
        SequenceSpan[] ragged = [new(0, 5, 3, 150), new(5, 36, 160, 70)];
        return Failure(device, reference, attention, tile, options, ragged, scaled: true) is { } mistake ? $"with every option, {mistake}" : null;
    }

    private static string? Failure(
        CudaDevice device, ReferenceDevice reference, TensorAttention attention, int tile, AttentionSpec spec, SequenceSpan[] spans, bool scaled)
    {
        var layout = new SequenceLayout(spans);
        int width = Heads * spec.HeadDim, kvWidth = KvHeads * spec.HeadDim;
        float[] q = Brain(layout.Tokens * width, 1), k = Brain(Keys * kvWidth, 2), v = Brain(Keys * kvWidth, 3), scale = Brain(width, 4);
        using var queries = device.FromFloats(q, new Shape(layout.Tokens, width));
        using var keys = device.FromFloats(k, new Shape(Keys, kvWidth));
        using var values = device.FromFloats(v, new Shape(Keys, kvWidth));
        using var factors = device.FromFloats(scale, new Shape(width));
        using var output = device.Allocate(new Shape(layout.Tokens, width));
        attention.Attend(tile, queries, keys, values, output, spec, layout, scaled ? factors.View : null);
        var y = device.ToFloats(output);
        var probabilities = Probabilities(reference, q, k, v, spec, layout);
        int cell = 0;
        foreach (var span in spans)
        {
            for (int h = 0; h < Heads; h++)
            {
                for (int i = 0; i < span.QueryLength; i++, cell += span.KeyLength)
                {
                    var row = probabilities.AsSpan(cell, span.KeyLength);
                    for (int c = 0; c < spec.HeadDim; c++)
                    {
                        int column = (h * spec.HeadDim) + c, first = (span.KeyStart * kvWidth) + (h / spec.Group * spec.HeadDim) + c;
                        var (value, size) = Sum(row, v, first, kvWidth, scaled ? scale[column] : 1);

                        // Written so that NaN fails.
                        float found = y[((span.QueryStart + i) * width) + column];
                        if (!(Math.Abs(found - value) <= Error * size)) return $"{found} where {value} was right";
                    }
                }
            }
        }

        return null;
    }

    /// <summary>sum_j p[j] v[j] of one column, times the scale, and the same of absolute values.</summary>
    private static (double Value, double Size) Sum(ReadOnlySpan<double> p, float[] v, int first, int stride, float scale)
    {
        double value = 0, size = 0;
        for (int j = 0; j < p.Length; j++)
        {
            double term = p[j] * v[first + (j * stride)] * scale;
            value += term;
            size += Math.Abs(term);
        }

        return (value, size);
    }

    private static double[] Probabilities(ReferenceDevice reference, float[] q, float[] k, float[] v, AttentionSpec spec, SequenceLayout layout)
    {
        int cells = 0;
        foreach (var span in layout.Spans) cells += Heads * span.QueryLength * span.KeyLength;
        using var queries = reference.FromFloats(q, new Shape(layout.Tokens, Heads * spec.HeadDim));
        using var keys = reference.FromFloats(k, new Shape(Keys, KvHeads * spec.HeadDim));
        using var values = reference.FromFloats(v, new Shape(Keys, KvHeads * spec.HeadDim));
        using var output = reference.Allocate(new Shape(layout.Tokens, Heads * spec.HeadDim));
        using var pattern = reference.Allocate(new Shape(cells));
        reference.Ops.Attention(queries, keys, values, output, spec, layout, null, pattern);
        return reference.ToDoubles(pattern);
    }

    private static float[] Brain(int count, uint seed) =>
        Array.ConvertAll(TensorCheck.Numbers(count, seed), x => DTypes.FromBFloat16(DTypes.ToBFloat16(x)));
}

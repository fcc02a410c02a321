namespace Babel.Model.Families;

/// <summary>Where the rows of a linear map come from in a checkpoint.</summary>
/// <param name="Weight">Tensor, [out, in].</param>
/// <param name="Bias">Tensor, [out], or null.</param>
/// <param name="Rows">Which rows of the tensor, in order; null for all. How a fused q/k/v projection is taken apart.</param>
/// <param name="Transposed">Whether the tensor is stored [in, out] (GPT-2's Conv1D); rows are then its columns.</param>
internal sealed record LinearSource(string Weight, string? Bias = null, RowSelection? Rows = null, bool Transposed = false);

/// <summary>Runs of rows of a fused tensor that has <paramref name="Total"/> of them.</summary>
internal sealed record RowSelection(IReadOnlyList<(long Start, long Count)> Runs, long Total);

/// <summary>Weight and, for layer norms, bias of a norm; null names where a norm has no parameters.</summary>
internal sealed record NormSource(string? Weight, string? Bias = null);

/// <summary>The row orders of fused q/k/v projections.</summary>
internal static class FusedRows
{
    /// <summary>[part][rows]: all of q, then all of k, then all of v (GPT-2, Falcon 7b).</summary>
    public static RowSelection[] Contiguous(params ReadOnlySpan<long> rows)
    {
        long total = 0;
        foreach (long count in rows) total += count;
        var parts = new RowSelection[rows.Length];
        long at = 0;
        for (int p = 0; p < rows.Length; p++)
        {
            parts[p] = new RowSelection([(at, rows[p])], total);
            at += rows[p];
        }

        return parts;
    }

    /// <summary>[kv head][its q heads, k, v][d]: Falcon 40b; with a group of 1, BLOOM, GPT-NeoX and falcon-rw.</summary>
    public static RowSelection[] Grouped(int kvHeads, int group, int headDim)
    {
        long stride = (group + 2L) * headDim;
        RowSelection Part(long offset, long count) =>
            new([.. Enumerable.Range(0, kvHeads).Select(h => ((h * stride) + offset, count))], kvHeads * stride);
        long q = (long)group * headDim;
        return [Part(0, q), Part(q, headDim), Part(q + headDim, headDim)];
    }
}

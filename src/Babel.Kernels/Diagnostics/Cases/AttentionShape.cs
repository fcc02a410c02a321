namespace Babel.Kernels.Diagnostics.Cases;

/// <summary>The form of an attention in a case, and its rounding errors.</summary>
internal sealed record AttentionShape(int Heads, int KvHeads, int HeadDim, string Option)
{
    private const double Unit = Rounding.Unit;

    /// <summary>The operand.</summary>
    public AttentionSpec Spec => new()
    {
        Heads = Heads,
        KvHeads = KvHeads,
        HeadDim = HeadDim,
        Scale = (float)(1 / Math.Sqrt(HeadDim)),
        SoftCap = Has("cap") ? 2.5f : 0,
        Window = Has("window") ? 21 : 0,
        AlibiSlopes = Has("alibi") || Has("falcon") ? [.. Enumerable.Range(0, Heads).Select(h => (float)Math.Pow(2, -0.7 * (h + 1)))] : null,
        AlibiRoundedAndScaled = Has("falcon"),
    };

    /// <summary>Whether an option is on.</summary>
    public bool Has(string name) => Option.Contains(name, StringComparison.Ordinal);

    /// <summary>By how much rounding may move a score of query row i: [N, H]. Queries and keys are each off by <paramref name="factors"/>, relatively.</summary>
    public double[] ScoreErrors(float[] q, float[] k, SequenceLayout layout, double factors = 0)
    {
        var spec = Spec;
        var errors = new double[layout.Tokens * Heads];
        foreach (var span in layout.Spans)
        {
            for (int i = 0; i < span.QueryLength; i++)
            {
                for (int h = 0; h < Heads; h++)
                {
                    double worst = 0;
                    for (int j = 0; j <= span.KeyLength - span.QueryLength + i; j++)
                        worst = Math.Max(worst, ScoreError(spec, q, k, span.QueryStart + i, span.KeyStart + j, h, j, factors));
                    errors[((span.QueryStart + i) * Heads) + h] = worst;
                }
            }
        }

        return errors;
    }

    // d products and sums; a few more operations on the score; a soft cap is no steeper than 1.
    private double ScoreError(AttentionSpec spec, float[] q, float[] k, int query, int key, int h, int j, double factors)
    {
        double sum = 0, size = 0;
        for (int c = 0; c < HeadDim; c++)
        {
            double term = spec.Scale * (double)q[(((query * Heads) + h) * HeadDim) + c] * k[(((key * KvHeads) + (h / (Heads / KvHeads))) * HeadDim) + c];
            sum += term;
            size += Math.Abs(term);
        }

        double alibi = spec.AlibiSlopes is { } slopes ? slopes[h] * (double)j : 0;
        return ((Rounding.OfProduct(factors, factors) + ((HeadDim + 8) * Unit)) * size) + (16 * Unit * (Math.Abs(sum) + Math.Abs(alibi)));
    }
}

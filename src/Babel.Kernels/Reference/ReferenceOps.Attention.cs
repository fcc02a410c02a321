namespace Babel.Kernels.Reference;

internal sealed partial class ReferenceOps
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
        var z = Matrix(q.Shape.Rows, q.Shape.Columns);
        int stored = 0;
        foreach (var span in layout.Spans)
        {
            for (int h = 0; h < spec.Heads; h++)
            {
                for (int i = 0; i < span.QueryLength; i++)
                {
                    var a = Softmax(ScoreRow(Head(q, span.QueryStart + i, h, spec), k, span, i, h, spec));
                    for (int j = 0; j < a.Length; j++)
                    {
                        var value = Head(v, span.KeyStart + j, h / spec.Group, spec);
                        // A masked key has no part in the sum, whatever its value holds.
                        for (int c = 0; c < spec.HeadDim && a[j] != 0; c++)
                            z[span.QueryStart + i][(h * spec.HeadDim) + c] += a[j] * value[c];
                    }

                    if (pattern is not { } p) continue;
                    a.CopyTo(p.Span<double>()[stored..]);
                    stored += a.Length;
                }
            }
        }

        ApplyScale(epilogue?.Scale, z);
        Take(epilogue?.Post, z);
        Store(z, output);
    }

    private static Span<double> Head(TensorView x, int row, int head, AttentionSpec spec) =>
        Row(x, row).Slice(head * spec.HeadDim, spec.HeadDim);

    /// <summary>s[i, 0..KeyLength] of query <paramref name="i"/> of a sequence; -inf where masked.</summary>
    private static double[] ScoreRow(ReadOnlySpan<double> query, TensorView k, SequenceSpan span, int i, int h, AttentionSpec spec)
    {
        var s = new double[span.KeyLength];
        for (int j = 0; j < s.Length; j++)
        {
            s[j] = Visible(span, i, j, spec)
                ? Score(Dot(query, Head(k, span.KeyStart + j, h / spec.Group, spec)), h, j, spec)
                : double.NegativeInfinity;
        }

        return s;
    }

    /// <summary>Whether query <paramref name="i"/> of the sequence sees key <paramref name="j"/>: causal, within the window.</summary>
    private static bool Visible(SequenceSpan span, int i, int j, AttentionSpec spec)
    {
        int distance = span.KeyLength - span.QueryLength + i - j;
        return distance >= 0 && (spec.Window == 0 || distance < spec.Window);
    }

    /// <summary>The score of a visible key from its inner product with the query.</summary>
    private static double Score(double dot, int h, int j, AttentionSpec spec)
    {
        double s = spec.Scale * dot;
        if (spec.SoftCap > 0) s = ReferenceMath.Apply(Activation.SoftCap(spec.SoftCap), s);
        if (spec.AlibiSlopes is not { } slopes) return s;
        if (!spec.AlibiRoundedAndScaled) return s + ((double)slopes[h] * j);

        // A BF16 tensor of slopes times integer positions: PyTorch casts the positions to BF16 as well.
        float product = RoundToBFloat16(slopes[h]) * RoundToBFloat16(j);
        return s + ((double)spec.Scale * RoundToBFloat16(product));
    }

    private static float RoundToBFloat16(float value) => DTypes.FromBFloat16(DTypes.ToBFloat16(value));

    private static double[] Softmax(double[] s)
    {
        double max = s.Max(), sum = 0;
        var a = new double[s.Length];
        for (int j = 0; j < s.Length; j++) sum += a[j] = Math.Exp(s[j] - max);
        for (int j = 0; j < s.Length; j++) a[j] /= sum;
        return a;
    }
}

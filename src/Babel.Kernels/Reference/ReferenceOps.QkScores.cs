namespace Babel.Kernels.Reference;

internal sealed partial class ReferenceOps
{
    /// <inheritdoc/>
    /// <remarks>By definition: switch one neuron off, compute every score again, take the softmax, and square the difference.</remarks>
    public void QkScores(
        QkScoreForm form, QkScoreInputs inputs, AttentionSpec spec, SequenceLayout layout, TensorView scoreQ, TensorView scoreK)
    {
        for (int s = 0; s < layout.Count; s++)
        {
            var span = layout.Spans[s];
            Row(scoreQ, s).Clear();
            Row(scoreK, s).Clear();
            for (int h = 0; h < spec.Heads; h++)
            {
                for (int a = 0; a < spec.HeadDim; a++)
                {
                    int own = (h * spec.HeadDim) + a, shared = (h / spec.Group * spec.HeadDim) + a;
                    if (form == QkScoreForm.Repo)
                    {
                        Row(scoreQ, s)[own] = Row(scoreK, s)[own] = RepoChange(inputs, spec, span, h, a);
                        continue;
                    }

                    int kv = h / spec.Group;
                    var q = Heads(inputs.RotatedQ, span, h, spec);
                    var k = Heads(inputs.RotatedK, span, kv, spec);
                    var lessQ = Without(inputs.Q, inputs.RawQ, inputs, span, h, a, spec);
                    var lessK = Without(inputs.K, inputs.RawK, inputs, span, kv, a, spec);
                    Row(scoreQ, s)[own] = Change(q, k, lessQ, k, spec, span, h);
                    Row(scoreK, s)[shared] += Change(q, k, q, lessK, spec, span, h);
                }
            }
        }
    }

    /// <summary>One head of every row of a sequence.</summary>
    private static double[][] Heads(TensorView x, SequenceSpan span, int head, AttentionSpec spec)
    {
        var rows = new double[span.QueryLength][];
        for (int t = 0; t < rows.Length; t++) rows[t] = Head(x, span.QueryStart + t, head, spec).ToArray();
        return rows;
    }

    /// <summary>The rotated head with neuron <paramref name="a"/> of its projection off.</summary>
    private static double[][] Without(
        TensorView x, TensorView? raw, QkScoreInputs inputs, SequenceSpan span, int head, int a, AttentionSpec spec)
    {
        var rows = Heads(x, span, head, spec);
        for (int t = 0; t < rows.Length; t++)
        {
            // With a per-head norm x = raw / rms * w, the norm divides by the root mean square of what is left.
            if (raw is { } r)
            {
                var y = Head(r, span.QueryStart + t, head, spec);
                double all = Dot(y, y), rest = all - (y[a] * y[a]);
                double ratio = Math.Sqrt(((all / y.Length) + inputs.NormEpsilon) / ((rest / y.Length) + inputs.NormEpsilon));
                for (int c = 0; c < y.Length; c++) rows[t][c] *= ratio;
            }

            rows[t][a] = 0;
            if (inputs.Rotary is { } rotary) Rotate(rows[t], rotary, span.QueryStart + t);
        }

        return rows;
    }

    /// <summary>The squared difference of the two softmax matrices of a head, summed over both indices.</summary>
    private static double Change(
        double[][] q, double[][] k, double[][] changedQ, double[][] changedK, AttentionSpec spec, SequenceSpan span, int h)
    {
        double sum = 0;
        for (int i = 0; i < q.Length; i++)
        {
            var before = Softmax(ScoreRow(q[i], k, span, i, h, spec));
            var after = Softmax(ScoreRow(changedQ[i], changedK, span, i, h, spec));
            sum += SquaredDistance(before, after);
        }

        return sum;
    }

    /// <summary>The released code: the product of the rotated dimension, unscaled, taken from the finished scores.</summary>
    private static double RepoChange(QkScoreInputs inputs, AttentionSpec spec, SequenceSpan span, int h, int a)
    {
        var q = Heads(inputs.RotatedQ, span, h, spec);
        var k = Heads(inputs.RotatedK, span, h / spec.Group, spec);
        double sum = 0;
        for (int i = 0; i < q.Length; i++)
        {
            var scores = ScoreRow(q[i], k, span, i, h, spec);
            var changed = new double[scores.Length];
            for (int j = 0; j < changed.Length; j++) changed[j] = scores[j] - (q[i][a] * k[j][a]);
            sum += SquaredDistance(Softmax(scores), Softmax(changed));
        }

        return sum;
    }

    private static double[] ScoreRow(double[] query, double[][] keys, SequenceSpan span, int i, int h, AttentionSpec spec)
    {
        var s = new double[keys.Length];
        for (int j = 0; j < s.Length; j++)
            s[j] = Visible(span, i, j, spec) ? Score(Dot(query, keys[j]), h, j, spec) : double.NegativeInfinity;
        return s;
    }

    private static double SquaredDistance(double[] a, double[] b)
    {
        double sum = 0;
        for (int j = 0; j < a.Length; j++) sum += (a[j] - b[j]) * (a[j] - b[j]);
        return sum;
    }
}

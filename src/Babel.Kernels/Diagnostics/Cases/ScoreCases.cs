namespace Babel.Kernels.Diagnostics.Cases;

/// <summary>ValueScores, QkScores.</summary>
internal static class ScoreCases
{
    private const double Unit = Rounding.Unit;

    /// <summary>The cases.</summary>
    public static IEnumerable<OperatorCase> All =>
    [
        .. from shape in ((int H, int K, int D)[])[(1, 1, 1), (3, 3, 17), (4, 2, 64), (5, 1, 63), (8, 2, 128)]
           from lengths in (int[][])[[1], [3, 17], [65, 129]]
           select ValueScores(new AttentionShape(shape.H, shape.K, shape.D, ""), lengths),
        .. from shape in ((int H, int K, int D)[])[(1, 1, 2), (2, 2, 17), (4, 2, 32), (2, 1, 40)]
           from option in (string[])
               [
                   "", "rope", "partial rope", "alibi", "window rope", "cap", "cap rope", "norm rope", "norm", "rope large", "large",
                   "norm cap rope window", "rope huge",
               ]
           from form in (QkScoreForm[])[QkScoreForm.Exact, QkScoreForm.Repo]
           select QkScores(new AttentionShape(shape.H, shape.K, shape.D, option), form, [3, 1, 33]),
    ];

    private static OperatorCase ValueScores(AttentionShape shape, int[] lengths) => new(
        "ValueScores",
        $"H={shape.Heads} K={shape.KvHeads} d={shape.HeadDim} T={string.Join('+', lengths)}",
        bench =>
        {
            var layout = SequenceLayout.Packed(lengths);
            var spec = shape.Spec;
            int width = shape.Heads * shape.HeadDim, neurons = shape.KvHeads * shape.HeadDim, group = spec.Group;
            float[] z = bench.Normal(layout.Tokens * width), gram = GramOf(bench, neurons, group);
            var input = bench.Input(z, new Shape(layout.Tokens, width));
            var products = bench.Input(gram, new Shape(neurons, group, group));
            var output = bench.Output("output", new Shape(layout.Count, neurons));
            bench.Call(ops => ops.ValueScores(input, products, spec, layout, output));

            var bounds = new double[layout.Count * neurons];
            for (int i = 0; i < bounds.Length; i++)
            {
                var span = layout.Spans[i / neurons];
                int j = i % neurons, first = (j / shape.HeadDim * group * shape.HeadDim) + (j % shape.HeadDim);
                for (int t = span.QueryStart; t < span.QueryStart + span.QueryLength; t++)
                {
                    for (int g = 0; g < group * group; g++)
                    {
                        double a = z[(t * width) + first + (g / group * shape.HeadDim)], b = z[(t * width) + first + (g % group * shape.HeadDim)];
                        bounds[i] += Math.Abs(a * b * gram[(j * group * group) + g]);
                    }
                }

                bounds[i] *= (span.QueryLength + (group * group) + 8) * Unit;
            }

            bench.Bound("output", bounds);
        });

    /// <summary>Inner products of G random write vectors a neuron, as they come from <see cref="IOps.ColumnDots"/>.</summary>
    private static float[] GramOf(CaseBench bench, int neurons, int group)
    {
        const int Length = 8;
        var vectors = bench.Normal(neurons * group * Length);
        var gram = new float[neurons * group * group];
        for (int i = 0; i < gram.Length; i++)
        {
            int neuron = i / (group * group), a = (neuron * group) + (i / group % group), b = (neuron * group) + (i % group);
            double sum = 0;
            for (int c = 0; c < Length; c++) sum += (double)vectors[(a * Length) + c] * vectors[(b * Length) + c];
            gram[i] = (float)sum;
        }

        return gram;
    }

    /// <summary>A case of packed sequences.</summary>
    internal static OperatorCase QkScores(AttentionShape shape, QkScoreForm form, int[] lengths) => new(
        "QkScores",
        $"{form} H={shape.Heads} K={shape.KvHeads} d={shape.HeadDim} T={string.Join('+', lengths)} {shape.Option}".TrimEnd(),
        bench =>
        {
            var layout = SequenceLayout.Packed(lengths);
            int width = shape.Heads * shape.HeadDim, kvWidth = shape.KvHeads * shape.HeadDim;
            double deviation = shape.Has("huge") ? 12 : shape.Has("large") ? 3 : 1;
            float[] q = bench.Normal(layout.Tokens * width, deviation), k = bench.Normal(layout.Tokens * kvWidth, deviation);
            var inputs = QkCase.Inputs(bench, shape, layout, q, k);
            TensorView scoreQ = bench.Output("scoreQ", new Shape(layout.Count, width));
            TensorView scoreK = bench.Output("scoreK", new Shape(layout.Count, form == QkScoreForm.Repo ? width : kvWidth));
            bench.Call(ops => ops.QkScores(form, inputs, shape.Spec, layout, scoreQ, scoreK));
            if (!bench.WithBounds) return;
            QkCase.Bound(bench, "scoreQ", shape, layout, inputs, width);
            QkCase.Bound(bench, "scoreK", shape, layout, inputs, form == QkScoreForm.Repo ? width : kvWidth);
        });
}

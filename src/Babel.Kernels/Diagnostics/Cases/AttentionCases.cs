namespace Babel.Kernels.Diagnostics.Cases;

/// <summary>Attention.</summary>
internal static class AttentionCases
{
    private const double Unit = Rounding.Unit;

    private static readonly string[] Options =
        ["", "window", "cap", "alibi", "falcon", "window cap alibi", "scale", "taps", "pattern", "pattern window alibi"];

    /// <summary>The cases.</summary>
    public static IEnumerable<OperatorCase> All =>
    [
        .. from shape in ((int H, int K, int D)[])[(1, 1, 1), (3, 3, 17), (4, 2, 64), (6, 1, 80)]
           from option in Options
           select Attention(new AttentionShape(shape.H, shape.K, shape.D, option), "prefill", [new(0, 3, 0, 3), new(3, 1, 3, 1), new(4, 65, 4, 65)]),
        .. from shape in ((int H, int K, int D)[])[(2, 2, 128), (8, 2, 63)]
           from option in (string[])["", "window alibi"]
           select Attention(new AttentionShape(shape.H, shape.K, shape.D, option), "long prefill", [new(0, 257, 0, 257), new(257, 64, 257, 64)]),
        .. from shape in ((int H, int K, int D)[])[(1, 1, 1), (4, 4, 64), (9, 3, 17), (71, 1, 64)]
           from option in Options
           select Attention(new AttentionShape(shape.H, shape.K, shape.D, option), "decode", [new(0, 1, 5, 129), new(1, 1, 300, 64), new(2, 1, 0, 1)]),
        .. from shape in ((int H, int K, int D)[])[(4, 2, 64), (3, 1, 33)]
           from option in Options
           select Attention(new AttentionShape(shape.H, shape.K, shape.D, option), "continue", [new(0, 17, 200, 90), new(17, 5, 3, 127)]),
    ];

    /// <summary>A case of the given layout.</summary>
    internal static OperatorCase Attention(AttentionShape shape, string kind, SequenceSpan[] spans) => new(
        "Attention",
        $"H={shape.Heads} K={shape.KvHeads} d={shape.HeadDim} {kind} {shape.Option}".TrimEnd(),
        bench =>
        {
            var layout = new SequenceLayout(spans);
            var spec = shape.Spec;
            int width = shape.Heads * shape.HeadDim, kvWidth = shape.KvHeads * shape.HeadDim, keys = spans.Max(s => s.KeyStart + s.KeyLength);
            float[] q = bench.Normal(layout.Tokens * width), k = bench.Normal(keys * kvWidth), v = bench.Normal(keys * kvWidth), scale = bench.Normal(width);
            scale[0] = 0;
            TensorView query = bench.Input(q, new Shape(layout.Tokens, width)), key = bench.Input(k, new Shape(keys, kvWidth));
            var value = bench.Input(v, new Shape(keys, kvWidth));
            var output = bench.Output("output", new Shape(layout.Tokens, width));
            bool taps = shape.Has("taps"), scaled = taps || shape.Has("scale");
            var epilogue = !scaled ? null : new Epilogue
            {
                Scale = bench.Input(scale, new Shape(width)),
                Post = !taps ? null : new NeuronTap(bench.Output("post", new Shape(layout.Tokens, width)), bench.Stats("post", layout.Count, width), layout),
            };
            int cells = spans.Sum(s => shape.Heads * s.QueryLength * s.KeyLength);
            TensorView? pattern = shape.Has("pattern") ? bench.Output("pattern", new Shape(cells)) : null;
            bench.Call(ops => ops.Attention(query, key, value, output, spec, layout, epilogue, pattern));
            if (bench.WithBounds) Bound(bench, shape, layout, q, k, v, scaled ? scale : null, (query, key, value), taps, pattern is not null);
        });

    // Scores within e move every probability by a factor of at most exp(2e); T terms are summed twice. On a device of fast precision all four factors
    // of the two products may be rounded.
    private static void Bound(
        CaseBench bench,
        AttentionShape shape,
        SequenceLayout layout,
        float[] q,
        float[] k,
        float[] v,
        float[]? scale,
        (TensorView Q, TensorView K, TensorView V) operands,
        bool taps,
        bool pattern)
    {
        double factor = Rounding.OfActivation(bench);
        var errors = shape.ScoreErrors(q, k, layout, factor);
        var probabilities = Pattern(bench, shape, layout, operands);
        double[] bounds = new double[q.Length], patternBounds = new double[probabilities.Length];
        int cell = 0, group = shape.Heads / shape.KvHeads;
        foreach (var span in layout.Spans)
        {
            double sums = ((2 * span.KeyLength) + 32) * Unit;
            for (int h = 0; h < shape.Heads; h++)
            {
                for (int i = span.QueryStart; i < span.QueryStart + span.QueryLength; i++)
                {
                    double relative = Rounding.OfProduct(Math.Exp(2 * errors[(i * shape.Heads) + h]) - 1 + sums, Rounding.OfProduct(factor, factor));
                    for (int j = span.KeyStart; j < span.KeyStart + span.KeyLength; j++, cell++)
                    {
                        patternBounds[cell] = relative * probabilities[cell];
                        for (int c = 0; c < shape.HeadDim; c++)
                        {
                            double value = v[(((j * shape.KvHeads) + (h / group)) * shape.HeadDim) + c];
                            int column = (h * shape.HeadDim) + c;
                            bounds[(i * shape.Heads * shape.HeadDim) + column] += patternBounds[cell] * Math.Abs(value * (scale?[column] ?? 1));
                        }
                    }
                }
            }
        }

        if (pattern) bench.Bound("pattern", patternBounds);
        bench.Bound("output", bounds);
        if (!taps) return;
        bench.Bound("post", bounds);
        Rounding.BoundStats(bench, "post", bench.Read("output"), bounds, layout, shape.Heads * shape.HeadDim);
    }

    private static double[] Pattern(
        CaseBench bench, AttentionShape shape, SequenceLayout layout, (TensorView Q, TensorView K, TensorView V) operands)
    {
        int cells = 0;
        foreach (var span in layout.Spans) cells += shape.Heads * span.QueryLength * span.KeyLength;
        using var pattern = bench.Device.Allocate(new Shape(cells));
        using var output = bench.Device.Allocate(operands.Q.Shape);
        bench.Device.Ops.Attention(operands.Q, operands.K, operands.V, output, shape.Spec, layout, null, pattern);
        return bench.Read(pattern);
    }
}

namespace Babel.Kernels.Diagnostics.Bench;

/// <summary>What is measured of every operator: what a forward pass, its statistics and a step of generation call, at the sizes they have there.</summary>
internal static class BenchTable
{
    private const int ManyKeys = 2048;
    private const int Pairs = 1024;
    private const double Float = sizeof(float);

    /// <summary>All of it, products first.</summary>
    public static IReadOnlyList<BenchCase> All { get; } =
    [
        .. new[] { 1, 8, 32, 128 }.Select(rows => Product(rows, s => (s.HeadDim * s.Heads, s.ModelWidth))),
        Product(0, s => (s.HeadDim * s.Heads, s.ModelWidth)),
        Product(1, s => (s.ModelWidth, s.FfnWidth)),
        Product(0, s => (s.ModelWidth, s.FfnWidth)),
        Gated(1, withStatistics: false),
        Gated(0, withStatistics: false),
        Gated(0, withStatistics: true),
        new("LogProb", s => $"{s.Tokens}x{s.Vocabulary}x{s.ModelWidth}", LogProb),
        new("Attention", s => $"{s.Sequences} x {s.Length} tokens", Prefill),
        new("Attention", _ => $"1 token, {ManyKeys} keys", Decode),
        new("Embed", s => $"{s.Tokens} x {s.ModelWidth}", Embed),
        new("Norm", s => $"{s.Tokens} x {s.ModelWidth}", Norm),
        new("Rope", s => $"{s.Tokens} x {s.Heads * s.HeadDim}", Rope),
        new("Add", s => $"{s.Tokens} x {s.ModelWidth}", Add),
        new("GatherRows", s => $"{s.Tokens} x {s.ModelWidth}", b => Rows(b, b.Ops.GatherRows)),
        new("ScatterRows", s => $"{s.Tokens} x {s.ModelWidth}", b => Rows(b, b.Ops.ScatterRows)),
        new("ColumnStats", s => $"{s.Tokens} x {s.FfnWidth}", ColumnStats),
        new("ColumnDots", s => $"{Pairs} pairs, {s.ModelWidth} x {s.FfnWidth}", ColumnDots),
        new("ValueScores", s => $"{s.Sequences} x {s.Length} tokens", ValueScores),
        new("QkScores", s => $"exact, {s.Sequences} x {s.Length} tokens", b => QkScores(b, QkScoreForm.Exact)),
        new("QkScores", s => $"repo, {s.Sequences} x {s.Length} tokens", b => QkScores(b, QkScoreForm.Repo)),
    ];

    /// <summary>A product M x N x K; 0 rows for those of the batch.</summary>
    public static BenchCase Product(int rows, Func<OperatorBenchShape, (int Outputs, int Inputs)> size)
    {
        int M(OperatorBenchShape s) => rows > 0 ? rows : s.Tokens;
        return new BenchCase("Linear", s => $"{M(s)}x{size(s).Outputs}x{size(s).Inputs}", b =>
        {
            int m = M(b.Shape);
            var (n, k) = size(b.Shape);
            Tensor x = b.Floats(m, k), y = b.Floats(m, n);
            var w = b.Weight(n, k);
            return new(() => b.Ops.Linear(x, w, y), 2.0 * m * n * k, (Float * m * (n + k)) + ((double)n * k * b.WeightSize));
        });
    }

    private static BenchCase Gated(int rows, bool withStatistics)
    {
        int M(OperatorBenchShape s) => rows > 0 ? rows : s.Tokens;
        return new BenchCase("GatedLinear", s => $"{M(s)}x{s.FfnWidth}x{s.ModelWidth}{(withStatistics ? ", statistics" : "")}", b =>
        {
            int m = M(b.Shape), f = b.Shape.FfnWidth, d = b.Shape.ModelWidth;
            Tensor x = b.Floats(m, d), h = b.Floats(m, f);
            Weight gate = b.Weight(f, d), up = b.Weight(f, d);
            var epilogue = new GatedEpilogue
            {
                Activation = new(ActivationKind.Silu),
                Post = withStatistics ? new NeuronTap(Stats: b.Stats(f), Layout: b.Layout) : null,
            };
            return new(() => b.Ops.GatedLinear(x, gate, up, h, epilogue), 4.0 * m * f * d, (Float * m * (d + f)) + (2.0 * f * d * b.WeightSize));
        });
    }

    private static BenchWork LogProb(BenchOperands b)
    {
        int n = b.Shape.Tokens, v = b.Shape.Vocabulary, d = b.Shape.ModelWidth;
        Tensor x = b.Floats(n, d), y = b.Floats(1, n), targets = b.Ints(n, v);
        var w = b.Weight(v, d);
        var output = y.View.Reshape(new Shape(n));
        return new(() => b.Ops.LogProb(x, w, null, Activation.Identity, targets, output), 2.0 * n * v * d, (Float * n * d) + ((double)v * d * b.WeightSize));
    }

    private static BenchWork Prefill(BenchOperands b)
    {
        var s = b.Shape;
        long width = s.Heads * s.HeadDim, kv = s.KvHeads * s.HeadDim;
        Tensor q = b.Floats(s.Tokens, width), k = b.Floats(s.Tokens, kv), v = b.Floats(s.Tokens, kv), z = b.Floats(s.Tokens, width);
        // Two products of d for every visible pair, by head.
        double pairs = s.Sequences * (s.Length * (s.Length + 1.0) / 2);
        return new(() => b.Ops.Attention(q, k, v, z, b.Attention, b.Layout), 4 * width * pairs, Float * 2 * s.Tokens * (width + kv));
    }

    private static BenchWork Decode(BenchOperands b)
    {
        long width = b.Shape.Heads * b.Shape.HeadDim, kv = b.Shape.KvHeads * b.Shape.HeadDim;
        Tensor q = b.Floats(1, width), k = b.Floats(ManyKeys, kv), v = b.Floats(ManyKeys, kv), z = b.Floats(1, width);
        var layout = new SequenceLayout([new SequenceSpan(0, 1, 0, ManyKeys)]);
        return new(() => b.Ops.Attention(q, k, v, z, b.Attention, layout), 4.0 * width * ManyKeys, Float * 2 * ((ManyKeys * kv) + width));
    }

    private static BenchWork Embed(BenchOperands b)
    {
        int n = b.Shape.Tokens, d = b.Shape.ModelWidth;
        Tensor ids = b.Ints(n, b.Shape.Vocabulary), y = b.Floats(n, d);
        var table = b.Weight(b.Shape.Vocabulary, d);
        return new(() => b.Ops.Embed(ids, table, y), 0, (double)n * d * (b.WeightSize + Float));
    }

    private static BenchWork Norm(BenchOperands b)
    {
        int n = b.Shape.Tokens, d = b.Shape.ModelWidth;
        Tensor x = b.Floats(n, d), y = b.Floats(n, d), w = b.Floats(1, d);
        var weight = w.View.Reshape(new Shape(d));
        return new(() => b.Ops.Norm(NormKind.Rms, x, weight, null, 1e-6f, y), 0, 2 * Float * n * d);
    }

    private static BenchWork Rope(BenchOperands b)
    {
        int n = b.Shape.Tokens, width = b.Shape.Heads * b.Shape.HeadDim;
        Tensor x = b.Floats(n, width), y = b.Floats(n, width);
        var rotary = b.Rotary(b.Shape.Length);
        return new(() => b.Ops.Rope(x, b.Shape.HeadDim, rotary, y), 0, 2 * Float * n * width);
    }

    private static BenchWork Add(BenchOperands b)
    {
        int n = b.Shape.Tokens, d = b.Shape.ModelWidth;
        Tensor x = b.Floats(n, d), y = b.Floats(n, d), z = b.Floats(n, d);
        return new(() => b.Ops.Add(x, y, z), 0, 3 * Float * n * d);
    }

    private static BenchWork Rows(BenchOperands b, Action<TensorView, TensorView, TensorView> copy)
    {
        int n = b.Shape.Tokens, d = b.Shape.ModelWidth;
        Tensor x = b.Floats(n, d), y = b.Floats(n, d), rows = b.Ascending(n);
        return new(() => copy(x, rows, y), 0, 2 * Float * n * d);
    }

    private static BenchWork ColumnStats(BenchOperands b)
    {
        int n = b.Shape.Tokens, f = b.Shape.FfnWidth;
        var x = b.Floats(n, f);
        var stats = b.Stats(f);
        return new(() => b.Ops.ColumnStats(x, b.Layout, stats), 0, Float * n * f);
    }

    private static BenchWork ColumnDots(BenchOperands b)
    {
        int d = b.Shape.ModelWidth, f = b.Shape.FfnWidth;
        var weight = b.Weight(d, f);
        Tensor left = b.Ints(Pairs, f), right = b.Ints(Pairs, f), y = b.Floats(1, Pairs);
        var output = y.View.Reshape(new Shape(Pairs));
        return new(() => b.Ops.ColumnDots(weight, left, right, output), 2.0 * Pairs * d, 2.0 * Pairs * d * b.WeightSize);
    }

    private static BenchWork ValueScores(BenchOperands b)
    {
        var s = b.Shape;
        int width = s.Heads * s.HeadDim, kv = s.KvHeads * s.HeadDim, group = s.Heads / s.KvHeads;
        Tensor z = b.Floats(s.Tokens, width), gram = b.Floats(kv, group * group), y = b.Floats(s.Sequences, kv);
        var grams = gram.View.Reshape(new Shape(kv, group, group));
        // The Gram matrix of a group is symmetric.
        return new(() => b.Ops.ValueScores(z, grams, b.Attention, b.Layout, y), (double)s.Tokens * kv * group * (group + 1), Float * s.Tokens * width);
    }

    private static BenchWork QkScores(BenchOperands b, QkScoreForm form)
    {
        var s = b.Shape;
        int width = s.Heads * s.HeadDim, kv = s.KvHeads * s.HeadDim;
        Tensor q = b.Floats(s.Tokens, width), k = b.Floats(s.Tokens, kv);
        var inputs = new QkScoreInputs { Q = q, K = k, RotatedQ = q, RotatedK = k, Rotary = b.Rotary(s.Length) };
        Tensor scoreQ = b.Floats(s.Sequences, width), scoreK = b.Floats(s.Sequences, form == QkScoreForm.Exact ? kv : width);
        return new(() => b.Ops.QkScores(form, inputs, b.Attention, b.Layout, scoreQ, scoreK), 0, 2 * Float * s.Tokens * (width + kv));
    }
}

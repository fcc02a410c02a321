namespace Babel.Kernels.Diagnostics.Cases;

/// <summary>Linear, GatedLinear, LogProb.</summary>
internal static class ProductCases
{
    private const double Unit = Rounding.Unit;
    private static readonly DType[] Storages = [DType.F32, DType.F16, DType.BF16];

    private static readonly Activation[] Activations =
    [
        Activation.Identity,
        new(ActivationKind.Relu),
        new(ActivationKind.Silu),
        new(ActivationKind.GeluErf),
        new(ActivationKind.GeluTanh),
        Activation.SoftCap(3),
    ];

    /// <summary>The cases.</summary>
    public static IEnumerable<OperatorCase> All =>
    [
        .. from size in ((int N, int Out, int In)[])[(1, 1, 1), (3, 17, 5), (1, 65, 257), (17, 63, 64), (65, 129, 127), (129, 64, 513), (33, 257, 31)]
           from storage in Storages
           select Linear([size.N], size.Out, size.In, storage, "plain", Activation.Identity),
        .. from activation in Activations
           from option in (string[])["plain", "bias", "taps", "gate", "gate onto", "scale", "residual", "residual onto", "everything"]
           select Linear([3, 17, 1, 12], 65, 63, DType.F32, option, activation),
        .. from storage in Storages
           from lengths in (int[][])[[1], [65, 64]]
           select Linear(lengths, 127, 65, storage, "everything", new(ActivationKind.Silu)),
        .. from activation in Activations
           from option in (string[])["plain", "bias", "taps", "scale", "everything"]
           select Gated([5, 1, 13], 65, 63, DType.F32, option, activation),
        .. from storage in Storages
           from size in ((int N, int Out, int In)[])[(1, 1, 1), (1, 129, 257), (17, 63, 64), (65, 127, 31)]
           select Gated([size.N], size.Out, size.In, storage, "everything", new(ActivationKind.Silu)),
        .. from size in ((int N, int V, int D)[])[(1, 1, 1), (3, 17, 5), (17, 257, 63), (65, 1025, 64)]
           from storage in Storages
           from option in (string[])["plain", "bias", "cap", "far"]
           select LogProb(size.N, size.V, size.D, storage, option),
    ];

    /// <summary>A case of packed sequences.</summary>
    internal static OperatorCase Linear(int[] lengths, int n, int k, DType storage, string option, Activation activation) => new(
        "Linear",
        $"N={string.Join('+', lengths)} n={n} k={k} {storage} {activation.Kind} {option}",
        bench =>
        {
            var layout = SequenceLayout.Packed(lengths);
            int rows = layout.Tokens;
            bool Has(string name) => option == "everything" || option == name;
            float[] x = bench.Normal(rows * k), w = Storage.Round(bench.Normal(n * k, 1 / Math.Sqrt(k)), storage);
            float[] bias = bench.Normal(n), gate = bench.Normal(rows * n), scale = WithOff(bench.Normal(n)), residual = bench.Normal(rows * n);
            var matrix = new Shape(rows, n);

            // The output may lie on the gate or on the residual.
            var output = option switch
            {
                "gate onto" => bench.Output("output", gate, matrix),
                "residual onto" or "everything" => bench.Output("output", residual, matrix),
                _ => bench.Output("output", matrix),
            };
            var epilogue = new Epilogue
            {
                Bias = bench.Input(bias, new Shape(n), Has("bias")),
                Pre = Has("taps") ? Tap(bench, "pre", layout, n) : null,
                Activation = activation,
                Gate = option == "gate onto" ? output : bench.Input(gate, matrix, Has("gate")),
                Scale = bench.Input(scale, new Shape(n), Has("scale")),
                Post = Has("taps") ? Tap(bench, "post", layout, n) : null,
                Residual = option is "residual onto" or "everything" ? output : bench.Input(residual, matrix, Has("residual")),
            };
            var input = bench.Input(x, new Shape(rows, k));
            var weight = bench.Weight(w, n, k, storage);
            bool none = option == "plain" && activation.Kind == ActivationKind.Identity;
            bench.Call(ops => ops.Linear(input, weight, output, none ? null : epilogue));
            if (!bench.WithBounds) return;

            var y = new EpilogueErrors(bench, x, w, storage, rows, n, k);
            y.AddBias(epilogue.Bias is null ? null : bias);
            BoundTap(bench, "pre", epilogue.Pre, y, layout, n);
            y.Activate(activation);
            y.Multiply(epilogue.Gate is null ? null : gate);
            y.Scale(epilogue.Scale is null ? null : scale);
            BoundTap(bench, "post", epilogue.Post, y, layout, n);
            y.Add(epilogue.Residual is null ? null : residual);
            bench.Bound("output", y.Error);
        });

    /// <summary>A gated case of packed sequences.</summary>
    internal static OperatorCase Gated(int[] lengths, int n, int k, DType storage, string option, Activation activation) => new(
        "GatedLinear",
        $"N={string.Join('+', lengths)} F={n} D={k} {storage} {activation.Kind} {option}",
        bench =>
        {
            var layout = SequenceLayout.Packed(lengths);
            int rows = layout.Tokens;
            bool Has(string name) => option == "everything" || option == name;
            float[] x = bench.Normal(rows * k);
            float[] wg = Storage.Round(bench.Normal(n * k, 1 / Math.Sqrt(k)), storage), wu = Storage.Round(bench.Normal(n * k, 1 / Math.Sqrt(k)), storage);
            float[] gateBias = bench.Normal(n), upBias = bench.Normal(n), scale = WithOff(bench.Normal(n));
            var output = bench.Output("output", new Shape(rows, n));
            var epilogue = new GatedEpilogue
            {
                GateBias = bench.Input(gateBias, new Shape(n), Has("bias")),
                UpBias = bench.Input(upBias, new Shape(n), Has("bias")),
                GatePre = Has("taps") ? Tap(bench, "gate", layout, n) : null,
                UpPre = Has("taps") ? Tap(bench, "up", layout, n) : null,
                Activation = activation,
                Scale = bench.Input(scale, new Shape(n), Has("scale")),
                Post = Has("taps") ? Tap(bench, "post", layout, n) : null,
            };
            var input = bench.Input(x, new Shape(rows, k));
            Weight gate = bench.Weight(wg, n, k, storage), up = bench.Weight(wu, n, k, storage);
            bench.Call(ops => ops.GatedLinear(input, gate, up, output, epilogue));
            if (!bench.WithBounds) return;

            EpilogueErrors g = new(bench, x, wg, storage, rows, n, k), h = new(bench, x, wu, storage, rows, n, k);
            g.AddBias(epilogue.GateBias is null ? null : gateBias);
            h.AddBias(epilogue.UpBias is null ? null : upBias);
            BoundTap(bench, "gate", epilogue.GatePre, g, layout, n);
            BoundTap(bench, "up", epilogue.UpPre, h, layout, n);
            g.Activate(activation);
            h.Multiply(g);
            h.Scale(epilogue.Scale is null ? null : scale);
            BoundTap(bench, "post", epilogue.Post, h, layout, n);
            bench.Bound("output", h.Error);
        });

    /// <summary>A case of log-probabilities.</summary>
    internal static OperatorCase LogProb(int rows, int vocabulary, int width, DType storage, string option) => new(
        "LogProb",
        $"N={rows} V={vocabulary} D={width} {storage} {option}",
        bench =>
        {
            // "far": logits of several hundred, where an unshifted exponential would overflow.
            float[] x = bench.Normal(rows * width, option == "far" ? 100 : 1), bias = bench.Normal(vocabulary);
            var w = Storage.Round(bench.Normal(vocabulary * width), storage);
            var targets = bench.Indices(rows, vocabulary);
            if (rows > 2) targets[1] = -1;
            var cap = option == "cap" ? Activation.SoftCap(5) : Activation.Identity;
            var output = bench.Output("output", new Shape(rows));
            var added = bench.Input(bias, new Shape(vocabulary), option == "bias");
            var input = bench.Input(x, new Shape(rows, width));
            var weight = bench.Weight(w, vocabulary, width, storage);
            var ids = bench.Ints(targets);
            bench.Call(ops => ops.LogProb(input, weight, added, cap, ids, output));
            if (!bench.WithBounds) return;

            var logits = new EpilogueErrors(bench, x, w, storage, rows, vocabulary, width);
            logits.AddBias(added is null ? null : bias);
            logits.Activate(cap);
            bench.Bound("output", LogProbBounds(logits, targets, vocabulary));
        });

    // An error of every logit by e moves the result by 2 e at most; the sum of V positive terms and the last subtractions round.
    private static double[] LogProbBounds(EpilogueErrors logits, int[] targets, int vocabulary)
    {
        var bounds = new double[targets.Length];
        for (int r = 0; r < bounds.Length; r++)
        {
            if (targets[r] < 0) continue;
            double error = 0, largest = 0;
            for (int i = r * vocabulary; i < (r + 1) * vocabulary; i++)
            {
                error = Math.Max(error, logits.Error[i]);
                largest = Math.Max(largest, Math.Abs(logits.Value[i]));
            }

            bounds[r] = (2 * error) + ((vocabulary + 16) * Unit) + (16 * Unit * largest);
        }

        return bounds;
    }

    private static NeuronTap Tap(CaseBench bench, string name, SequenceLayout layout, int n) =>
        new(bench.Output(name, new Shape(layout.Tokens, n)), bench.Stats(name, layout.Count, n), layout);

    private static void BoundTap(CaseBench bench, string name, NeuronTap? tap, EpilogueErrors y, SequenceLayout layout, int n)
    {
        if (tap is null) return;
        bench.Bound(name, [.. y.Error]);
        Rounding.BoundStats(bench, name, y.Value, y.Error, layout, n);
    }

    /// <summary>Switches every third neuron off and leaves every fifth as it is.</summary>
    private static float[] WithOff(float[] scale)
    {
        for (int i = 0; i < scale.Length; i++) scale[i] = i % 3 == 0 ? 0 : i % 5 == 0 ? 1 : scale[i];
        return scale;
    }
}

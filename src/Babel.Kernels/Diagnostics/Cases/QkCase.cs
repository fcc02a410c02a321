namespace Babel.Kernels.Diagnostics.Cases;

/// <summary>Operands and bounds of QkScores.</summary>
internal static class QkCase
{
    private const double Unit = Rounding.Unit;
    private const float Epsilon = 1e-6f;

    /// <summary>Norm and rotation as the options say, each done by the device in its own precision, as in a model.</summary>
    public static QkScoreInputs Inputs(CaseBench bench, AttentionShape shape, SequenceLayout layout, float[] q, float[] k)
    {
        int width = shape.Heads * shape.HeadDim, kvWidth = shape.KvHeads * shape.HeadDim, n = layout.Tokens;
        TensorView rawQ = bench.Input(q, new Shape(n, width)), rawK = bench.Input(k, new Shape(n, kvWidth));
        TensorView normQ = rawQ, normK = rawK;
        if (shape.Has("norm"))
        {
            normQ = Normed(bench, rawQ, shape.HeadDim);
            normK = Normed(bench, rawK, shape.HeadDim);
        }

        TensorView rotatedQ = normQ, rotatedK = normK;
        RotaryTable? rotary = null;
        if (shape.Has("rope"))
        {
            int turned = shape.Has("partial") ? shape.HeadDim / 2 : shape.HeadDim;
            rotary = RotaryAngles.Make(bench, 64, Math.Max(2, turned / 2 * 2), n);
            rotatedQ = bench.Working(new Shape(n, width));
            rotatedK = bench.Working(new Shape(n, kvWidth));
            bench.Device.Ops.Rope(normQ, shape.HeadDim, rotary.Value, rotatedQ);
            bench.Device.Ops.Rope(normK, shape.HeadDim, rotary.Value, rotatedK);
        }

        return new QkScoreInputs
        {
            Q = normQ,
            K = normK,
            RotatedQ = rotatedQ,
            RotatedK = rotatedK,
            Rotary = rotary,
            RawQ = shape.Has("norm") ? rawQ : null,
            RawK = shape.Has("norm") ? rawK : null,
            NormEpsilon = Epsilon,
        };
    }

    /// <summary>
    /// With scores right to e, softmax rows A and changed rows A' are right to a factor 1 +- 4e; |A' - A|^2 is of second order in both, and moves by a
    /// factor that grows with how uneven the row is, n sum A^2. Beside it the sums of T terms round, each of the size of (A + A')^2.
    /// </summary>
    public static void Bound(CaseBench bench, string name, AttentionShape shape, SequenceLayout layout, QkScoreInputs inputs, int columns)
    {
        double[] score = bench.Read(name), bounds = new double[score.Length];
        float[] q = bench.Device.ToFloats(inputs.RotatedQ), k = bench.Device.ToFloats(inputs.RotatedK);
        var errors = shape.ScoreErrors(q, k, layout);
        var squares = RowSquares(bench, shape, layout, inputs);
        double softCap = shape.Spec.SoftCap;
        int heads = columns / shape.HeadDim, shared = shape.Heads / heads;
        for (int i = 0; i < score.Length; i++)
        {
            var span = layout.Spans[i / columns];
            int first = i % columns / shape.HeadDim * shared;
            double rows = 0, uneven = 0, error = 0;
            for (int h = first; h < first + shared; h++)
            {
                for (int t = 0; t < span.QueryLength; t++)
                {
                    int row = ((span.QueryStart + t) * shape.Heads) + h;
                    rows += squares[row];
                    uneven = Math.Max(uneven, (t + 1) * squares[row]);
                    error = Math.Max(error, errors[row]);
                }
            }

            double relative = 16 * (error + (8 * Unit)) * (1 + uneven);
            double sums = ((4 * span.QueryLength) + 64) * Unit * ((8 * rows) + (2 * score[i]));
            double cap = 16 * Unit * softCap * (rows + score[i]);
            bounds[i] = (relative * score[i]) + sums + cap;
        }

        bench.Bound(name, bounds);
    }

    private static TensorView Normed(CaseBench bench, TensorView x, int headDim)
    {
        var heads = x.Reshape(new Shape(x.Count / headDim, headDim));
        var weight = bench.Input([.. bench.Normal(headDim).Select(v => 1 + (0.1f * v))], new Shape(headDim));
        var normed = bench.Working(x.Shape);
        bench.Device.Ops.Norm(NormKind.Rms, heads, weight, null, Epsilon, normed.Reshape(heads.Shape));
        return normed;
    }

    /// <summary>sum_j A[i,j]^2 of every query row and head, [N, H].</summary>
    private static double[] RowSquares(CaseBench bench, AttentionShape shape, SequenceLayout layout, QkScoreInputs inputs)
    {
        int cells = 0;
        foreach (var span in layout.Spans) cells += shape.Heads * span.QueryLength * span.KeyLength;
        using var pattern = bench.Device.Allocate(new Shape(cells));
        using var output = bench.Device.Allocate(inputs.Q.Shape);
        bench.Device.Ops.Attention(inputs.RotatedQ, inputs.RotatedK, inputs.RotatedK, output, shape.Spec, layout, null, pattern);
        var a = bench.Read(pattern);
        var squares = new double[layout.Tokens * shape.Heads];
        int cell = 0;
        foreach (var span in layout.Spans)
        {
            for (int h = 0; h < shape.Heads; h++)
            {
                for (int t = span.QueryStart; t < span.QueryStart + span.QueryLength; t++)
                {
                    for (int j = 0; j < span.KeyLength; j++, cell++) squares[(t * shape.Heads) + h] += a[cell] * a[cell];
                }
            }
        }

        return squares;
    }
}

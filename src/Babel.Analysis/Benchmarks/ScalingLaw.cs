using Babel.Analysis.Planning;
using Babel.Model;

namespace Babel.Analysis.Benchmarks;

/// <summary>
/// How long a forward pass takes: <c>t = products FLOP + attention FLOP + bytes + calls</c>, each times its own cost. Four constants of a machine, fitted to its
/// measurements, predict models and batches that were not measured.
/// </summary>
/// <param name="PerProductFlop">Seconds for each FLOP of the matrix products, unembedding included.</param>
/// <param name="PerAttentionFlop">Seconds for each FLOP of attention, exponentials included.</param>
/// <param name="PerByte">Seconds for each byte of weights and activations, every operand of every operator once.</param>
/// <param name="PerCall">Seconds for each call of an operator.</param>
public sealed record ScalingLaw(double PerProductFlop, double PerAttentionFlop, double PerByte, double PerCall)
{
    private const int Terms = 4;
    private const int CallsPerLayer = 11;
    private const int OtherCalls = 3;

    /// <summary>Seconds of a forward pass with the log-probability of every token.</summary>
    /// <param name="spec">The model.</param>
    /// <param name="weightBytes">Bytes of the weights the pass reads.</param>
    /// <param name="tokens">N.</param>
    /// <param name="length">T.</param>
    public double Predict(DecoderSpec spec, long weightBytes, int tokens, int length)
    {
        double[] work = WorkOf(spec, weightBytes, tokens, length);
        return (PerProductFlop * work[0]) + (PerAttentionFlop * work[1]) + (PerByte * work[2]) + (PerCall * work[3]);
    }

    /// <summary>Product FLOP, attention FLOP, bytes and calls of a forward pass.</summary>
    public static double[] WorkOf(DecoderSpec spec, long weightBytes, int tokens, int length)
    {
        var cost = ForwardCost.Of(spec, length);
        double d = spec.ModelWidth, q = spec.QueryWidth, kv = spec.KvWidth, f = spec.FfnWidth;

        // Floats a token's row moves in a block: two norms 4 D; q, k, v 3 D + q + 2 kv; rotation 2 q + 2 kv; attention 2 q + 2 kv; o q + 2 D; FFN 3 D + 2 F.
        double activations = spec.Layers * ((12 * d) + (6 * q) + (6 * kv) + (2 * f));
        return
        [
            tokens * (cost.Products + cost.Unembedding), tokens * cost.Attention, weightBytes + (sizeof(float) * tokens * activations), (CallsPerLayer * spec.Layers) + OtherCalls,
        ];
    }

    /// <summary>The constants, none negative, that make the sum of squared relative errors least.</summary>
    /// <param name="points">Work (<see cref="WorkOf"/>) and measured seconds.</param>
    /// <exception cref="ArgumentException">There are fewer points than constants.</exception>
    public static ScalingLaw Fit(IReadOnlyList<(double[] Work, double Seconds)> points)
    {
        if (points.Count < Terms) throw new ArgumentException($"{points.Count} points do not determine {Terms} constants", nameof(points));
        double best = double.PositiveInfinity;
        double[] fitted = new double[Terms];

        // Non-negative least squares over four terms: the best of all subsets whose solution has no negative part.
        for (int subset = 1; subset < 1 << Terms; subset++)
        {
            int[] terms = [.. Enumerable.Range(0, Terms).Where(i => (subset >> i & 1) != 0)];
            if (LeastSquares.Solve([.. points.Select(p => Array.ConvertAll(terms, i => p.Work[i] / p.Seconds))], [.. points.Select(_ => 1.0)]) is not { } solution) continue;
            if (solution.Any(v => v < 0)) continue;
            double[] all = new double[Terms];
            for (int i = 0; i < terms.Length; i++) all[terms[i]] = solution[i];
            double error = points.Sum(p => Math.Pow((p.Work.Zip(all, (w, c) => w * c).Sum() / p.Seconds) - 1, 2));
            if (error < best) (best, fitted) = (error, all);
        }

        return new ScalingLaw(fitted[0], fitted[1], fitted[2], fitted[3]);
    }
}

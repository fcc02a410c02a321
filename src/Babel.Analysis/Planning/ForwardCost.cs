using Babel.Model;

namespace Babel.Analysis.Planning;

/// <summary>
/// What a forward pass has to compute for one token of a sequence of T, in FLOP: two for every weight a token meets, four for every dimension of every
/// key it sees, (T + 1) / 2 of them on average. Norms, rotations and exponentials are not counted.
/// </summary>
/// <param name="Products">L (2 D (2 H d + 2 K d) + 2 m D F), with m = 3 in gated blocks and 2 in plain ones.</param>
/// <param name="Attention">L 4 H d (T + 1) / 2; a window W bounds the keys of a layer.</param>
/// <param name="Unembedding">2 V D.</param>
public readonly record struct ForwardCost(double Products, double Attention, double Unembedding)
{
    /// <summary>All of it.</summary>
    public double Total => Products + Attention + Unembedding;

    /// <summary>Counts.</summary>
    /// <param name="spec">The model.</param>
    /// <param name="length">T.</param>
    public static ForwardCost Of(DecoderSpec spec, int length)
    {
        double d = spec.ModelWidth, matrices = spec.GatedFfn ? 3 : 2;
        double block = (2 * d * 2 * (spec.QueryWidth + spec.KvWidth)) + (2 * matrices * d * spec.FfnWidth);
        double attention = 0;
        for (int i = 0; i < spec.Layers; i++) attention += 4.0 * spec.QueryWidth * MeanKeys(length, spec.Windows.Count > 0 ? spec.Windows[i] : 0);
        double projections = spec.EmbeddingWidth == spec.ModelWidth ? 0 : 4 * d * spec.EmbeddingWidth;
        return new ForwardCost(spec.Layers * block, attention, (2.0 * spec.Vocabulary * spec.EmbeddingWidth) + projections);
    }

    /// <summary>Keys that a query sees on average: all before it and itself, at most the window.</summary>
    private static double MeanKeys(int length, int window)
    {
        if (window == 0 || window >= length) return (length + 1) / 2.0;
        return ((window * (window + 1) / 2.0) + ((double)(length - window) * window)) / length;
    }
}

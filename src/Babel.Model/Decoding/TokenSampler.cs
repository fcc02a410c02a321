namespace Babel.Model.Decoding;

/// <summary>Chooses a token from logits: the largest, or a draw from the softmax cut to the k most probable and to probability p.</summary>
internal sealed class TokenSampler
{
    private readonly GenerationOptions _options;
    private SplitMix64 _random;

    public TokenSampler(GenerationOptions options, int prompt)
    {
        _options = options;

        // One stream a prompt, so that a prompt's tokens do not depend on the others'.
        var seeds = new SplitMix64(options.Seed);
        _random = new SplitMix64(seeds.Next() + ((ulong)prompt * 0xD1342543DE82EF95));
    }

    public int Choose(ReadOnlySpan<float> logits) => _options.Temperature <= 0 ? Largest(logits) : Draw(logits);

    /// <summary>The first of the largest.</summary>
    private static int Largest(ReadOnlySpan<float> logits)
    {
        int best = 0;
        for (int i = 1; i < logits.Length; i++)
        {
            if (logits[i] > logits[best]) best = i;
        }

        return best;
    }

    private int Draw(ReadOnlySpan<float> logits)
    {
        float[] values = logits.ToArray();
        int[] order = new int[values.Length];
        for (int i = 0; i < order.Length; i++) order[i] = i;
        Array.Sort(order, (a, b) => values[a] == values[b] ? a.CompareTo(b) : values[b].CompareTo(values[a]));
        int count = _options.TopK > 0 ? Math.Min(_options.TopK, order.Length) : order.Length;
        double[] weights = new double[count];
        double total = 0;
        for (int i = 0; i < count; i++)
            total += weights[i] = Math.Exp((values[order[i]] - values[order[0]]) / (double)_options.Temperature);
        double kept = 0;
        int last = 0;
        for (; last < count; last++)
        {
            kept += weights[last];
            if (kept >= _options.TopP * total) break;
        }

        double at = _random.NextUnit() * kept;
        for (int i = 0; i < Math.Min(last + 1, count); i++)
        {
            at -= weights[i];
            if (at < 0) return order[i];
        }

        return order[0];
    }
}

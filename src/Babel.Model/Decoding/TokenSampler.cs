namespace Babel.Model.Decoding;

/// <summary>Chooses a token from logits: the largest, or a draw from the softmax cut to the k most probable and to probability p.</summary>
internal sealed class TokenSampler
{
    private readonly GenerationOptions _options;
    private readonly Ranking _ranking = new();
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
        _ranking.Begin(logits);
        int count = _options.TopK > 0 ? Math.Min(_options.TopK, logits.Length) : logits.Length;
        float largest = logits[_ranking[0]];
        double total = 0;
        for (int i = 0; i < count; i++) total += Weight(logits[count < logits.Length ? _ranking[i] : i], largest);

        // Ranks are found as they are needed: the mass of a text's next token lies on few of them.
        double kept = total;
        if (_options.TopP < 1)
        {
            kept = 0;
            for (int i = 0; i < count && kept < _options.TopP * total; i++) kept += Weight(logits[_ranking[i]], largest);
        }

        double at = _random.NextUnit() * kept;
        for (int i = 0; i < count; i++)
        {
            at -= Weight(logits[_ranking[i]], largest);
            if (at < 0) return _ranking[i];
        }

        return _ranking[0];
    }

    private double Weight(float logit, float largest) => Math.Exp((logit - largest) / (double)_options.Temperature);
}

namespace Babel.Analysis.Verification;

/// <summary>Compares texts that were generated step by step: the tokens, and the logits they were chosen by, as long as both went the same way.</summary>
internal static class GenerationCheck
{
    /// <summary>Two results: tokens and logits.</summary>
    public static IEnumerable<ModelCheckResult> Compare(string model, ModelReading expected, ModelReading actual, double bound, double tie)
    {
        int compared = 0, wrong = 0;
        double worst = 0;
        string? tokenFailure = null, logitFailure = null;
        for (int p = 0; p < expected.Generated.Count; p++)
        {
            for (int step = 0; step < expected.Steps[p].Count; step++)
            {
                if (step >= actual.Steps[p].Count) break;
                var (error, failure) = ModelCheck.Compare($"prompt {p}, step {step}", expected.Steps[p][step], actual.Steps[p][step], bound);
                worst = Math.Max(worst, error);
                logitFailure ??= failure;
                compared++;
                int want = expected.Generated[p][step], have = actual.Generated[p][step];
                if (want == have) continue;
                var (margin, scale) = Margin(expected.Steps[p][step]);
                if (margin >= tie * bound * scale)
                {
                    wrong++;
                    tokenFailure ??= $"prompt {p}, step {step}: token {have}, where {want} was likelier by {margin:0.00e+00}";
                }

                break;
            }
        }

        if (compared == 0) tokenFailure ??= "nothing was generated";
        yield return new ModelCheckResult(model, "greedy tokens", (double)wrong / Math.Max(1, compared), 0, actual.GenerationMilliseconds, tokenFailure);
        yield return new ModelCheckResult(model, "logits of every step", worst, bound, 0, logitFailure);
    }

    /// <summary>How far the likeliest token is before the second, and the logits' root mean square.</summary>
    private static (double Margin, double Scale) Margin(double[] logits)
    {
        double first = double.NegativeInfinity, second = double.NegativeInfinity, squares = 0;
        foreach (double v in logits)
        {
            squares += v * v;
            if (v > first) (first, second) = (v, first);
            else second = Math.Max(second, v);
        }

        return (first - second, Math.Sqrt(squares / logits.Length));
    }
}

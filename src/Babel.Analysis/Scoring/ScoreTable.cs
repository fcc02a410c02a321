namespace Babel.Analysis.Scoring;

/// <summary>Folds the NLL of documents into scores and differences by language.</summary>
public static class ScoreTable
{
    /// <summary>The score of every language, in the documents' order of languages.</summary>
    /// <param name="documents">The documents; those without a scored token are left out.</param>
    /// <param name="nll">Their NLL in nats, one for one.</param>
    public static IReadOnlyList<LanguageScore> Scores(IReadOnlyList<EvaluatedDocument> documents, IReadOnlyList<double> nll) =>
        [.. Languages(documents).Select(language => Score(language, Columns.Of(documents, language, nll)))];

    /// <summary>What changed from one run to another over the same documents, by language.</summary>
    /// <param name="documents">The documents of both runs.</param>
    /// <param name="before">NLL in nats without the change.</param>
    /// <param name="after">NLL in nats with it.</param>
    public static IReadOnlyList<LanguageDelta> Deltas(
        IReadOnlyList<EvaluatedDocument> documents, IReadOnlyList<double> before, IReadOnlyList<double> after) =>
        [.. Languages(documents).Select(
            language => Delta(language, Columns.Of(documents, language, before), Columns.Of(documents, language, after)))];

    /// <summary>The languages that have a scored token, in the order in which they first occur.</summary>
    public static IReadOnlyList<string> Languages(IReadOnlyList<EvaluatedDocument> documents) =>
        [.. documents.Where(d => d.Tokens > 0).Select(d => d.Language).Distinct(StringComparer.Ordinal)];

    private static LanguageScore Score(string language, Columns c)
    {
        var nll = RatioEstimate.Of(c.Nll, c.Tokens);
        double perplexity = Math.Exp(nll.Value);
        var bits = RatioEstimate.Of([.. c.Nll.Select(v => v / Math.Log(2))], c.Bytes);
        return new LanguageScore(
            language, c.Nll.Length, (long)c.Tokens.Sum(), (long)c.Bytes.Sum(), nll,
            new RatioEstimate(perplexity, perplexity * nll.StandardError), bits);
    }

    private static LanguageDelta Delta(string language, Columns before, Columns after)
    {
        double[] change = [.. after.Nll.Zip(before.Nll, (a, b) => a - b)];
        double was = RatioEstimate.Of(before.Nll, before.Tokens).Value, now = RatioEstimate.Of(after.Nll, after.Tokens).Value;
        double squares = 0;
        for (int i = 0; i < change.Length; i++)
        {
            double x = before.Tokens[i];
            double residual = Math.Exp(now) * (after.Nll[i] - now * x) - Math.Exp(was) * (before.Nll[i] - was * x);
            squares += residual * residual;
        }

        var perplexity = new RatioEstimate(
            Math.Exp(now) - Math.Exp(was), RatioEstimate.ErrorOf(squares, change.Length, before.Tokens.Sum()));
        return new LanguageDelta(
            language, RatioEstimate.Of(change, before.Tokens), RatioEstimate.Of(change, before.Nll), perplexity);
    }

    /// <summary>One language's documents as columns.</summary>
    private sealed record Columns(double[] Nll, double[] Tokens, double[] Bytes)
    {
        public static Columns Of(IReadOnlyList<EvaluatedDocument> documents, string language, IReadOnlyList<double> nll)
        {
            if (nll.Count != documents.Count) throw new ArgumentException($"{nll.Count} scores but {documents.Count} documents");
            int[] rows = [.. Enumerable.Range(0, documents.Count).Where(i => documents[i].Tokens > 0 && documents[i].Language == language)];
            return new Columns(
                [.. rows.Select(i => nll[i])], [.. rows.Select(i => (double)documents[i].Tokens)],
                [.. rows.Select(i => (double)documents[i].Bytes)]);
        }
    }
}

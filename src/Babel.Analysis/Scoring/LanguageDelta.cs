namespace Babel.Analysis.Scoring;

/// <summary>
/// What a change to a model does to one language, measured on the same documents with and without it. Errors are of the paired
/// differences, document by document: what the two runs share (a hard document is hard in both) cancels, so they are far smaller than the
/// errors of the two scores.
/// </summary>
/// <param name="Language">The language.</param>
/// <param name="Nll"><c>sum_i (NLL'_i - NLL_i) / sum_i tokens_i</c>, nats per token; positive: the change hurts.</param>
/// <param name="Relative"><c>sum_i (NLL'_i - NLL_i) / sum_i NLL_i</c>, a fraction.</param>
/// <param name="Perplexity">
/// <c>exp(R') - exp(R)</c>; its error from the linearised residuals <c>exp(R') (NLL'_i - R' x_i) - exp(R) (NLL_i - R x_i)</c>.
/// </param>
public sealed record LanguageDelta(string Language, RatioEstimate Nll, RatioEstimate Relative, RatioEstimate Perplexity);

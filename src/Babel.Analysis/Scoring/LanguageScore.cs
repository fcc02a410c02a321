namespace Babel.Analysis.Scoring;

/// <summary>How well a model predicts one language. Standard errors are over documents; see <see cref="RatioEstimate"/>.</summary>
/// <param name="Language">The language.</param>
/// <param name="Documents">n, documents with at least one scored token.</param>
/// <param name="Tokens">Scored tokens, all documents together.</param>
/// <param name="Bytes">UTF-8 bytes of the text.</param>
/// <param name="Nll">Negative log-likelihood per scored token in nats: <c>R = sum_i NLL_i / sum_i tokens_i</c>.</param>
/// <param name="Perplexity"><c>exp(R)</c>; its error by the delta method, <c>exp(R) SE(R)</c>.</param>
/// <param name="BitsPerByte">
/// <c>sum_i NLL_i / (ln 2 * sum_i bytes_i)</c>: comparable across tokenizers and languages. Where the tokenizer adds no begin-of-sequence id, a
/// window's first token is not predicted and its bits are missing from the numerator.
/// </param>
public sealed record LanguageScore(
    string Language,
    int Documents,
    long Tokens,
    long Bytes,
    RatioEstimate Nll,
    RatioEstimate Perplexity,
    RatioEstimate BitsPerByte);

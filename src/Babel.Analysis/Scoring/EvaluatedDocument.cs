namespace Babel.Analysis.Scoring;

/// <summary>A document as scoring counts it.</summary>
/// <param name="Language">Its language.</param>
/// <param name="Index">Its index within the language.</param>
/// <param name="Tokens">
/// Scored tokens: those the model predicts from at least one token before them. The first token of a window (the begin-of-sequence
/// id where the tokenizer adds one) is given, not predicted.
/// </param>
/// <param name="Bytes">Length of the text in UTF-8.</param>
public readonly record struct EvaluatedDocument(string Language, int Index, int Tokens, long Bytes);

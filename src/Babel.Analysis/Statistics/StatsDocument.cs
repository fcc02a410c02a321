namespace Babel.Analysis.Statistics;

/// <summary>A document that was counted.</summary>
/// <param name="Index">Its index within its language.</param>
/// <param name="Tokens">T, token rows the model saw.</param>
/// <param name="Digest">SHA-256 of its text, lower-case hexadecimal.</param>
public sealed record StatsDocument(int Index, int Tokens, string Digest);

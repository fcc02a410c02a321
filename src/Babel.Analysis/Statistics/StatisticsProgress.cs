namespace Babel.Analysis.Statistics;

/// <summary>How far the reading of a corpus has come.</summary>
/// <param name="Documents">Documents finished, with those of an earlier, interrupted run.</param>
/// <param name="TotalDocuments">All documents.</param>
/// <param name="Tokens">Token rows read in this run.</param>
/// <param name="TotalTokens">Token rows this run has to read.</param>
/// <param name="Resumed">Documents an earlier run had finished.</param>
public readonly record struct StatisticsProgress(int Documents, int TotalDocuments, long Tokens, long TotalTokens, int Resumed);

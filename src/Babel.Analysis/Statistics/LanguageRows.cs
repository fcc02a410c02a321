namespace Babel.Analysis.Statistics;

/// <summary>Neighbouring sequences of a batch in one language.</summary>
/// <param name="First">The first.</param>
/// <param name="Rows">How many.</param>
/// <param name="Sums">The language's sums, part by part.</param>
internal readonly record struct LanguageRows(int First, int Rows, RunningSums[] Sums);

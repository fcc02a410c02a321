using Babel.Model;

namespace Babel.Analysis.Statistics;

/// <summary>
/// How documents are divided into units that are read, and then kept, at a time. Token-major some documents of one language; layer-major, where every
/// unit costs a reading of all weights, as many as there is room for.
/// </summary>
public static class StatisticsUnits
{
    /// <summary>
    /// Token rows a layer-major unit has at most: an interrupted run loses no more. A reading of the weights costs a processor as much as some
    /// thousand rows, so more would gain nothing.
    /// </summary>
    public const long MostTokens = 1 << 18;

    /// <summary>Token rows of a layer-major unit, by the room for hidden states.</summary>
    /// <param name="sweep">Where hidden states wait.</param>
    /// <param name="stateBytes">Bytes of a row's hidden state.</param>
    /// <param name="options">Both forms of the Q/K importance take two passes, whose states are kept side by side.</param>
    public static long TokensAtOnce(SweepOptions sweep, long stateBytes, StatisticsOptions options) =>
        Math.Min(MostTokens, sweep.MostBytes / (stateBytes * options.Passes));

    /// <summary>The most documents whose sums by document an array holds.</summary>
    /// <param name="shape">The model's sizes.</param>
    /// <param name="options">What is counted.</param>
    public static int MostDocuments(ModelShape shape, StatisticsOptions options) =>
        Array.MaxLength / Math.Max(1, options.Keys().Select(k => k.Width(shape)).DefaultIfEmpty(1).Max());

    /// <summary>Cuts documents, in their order, into units: each as long as it may be, at least one document.</summary>
    /// <param name="tokens">Token rows by document.</param>
    /// <param name="mostTokens">Token rows a unit has at most, if it has more than one document.</param>
    /// <param name="mostDocuments">Documents a unit has at most.</param>
    public static IEnumerable<Range> Cut(IReadOnlyList<int> tokens, long mostTokens, int mostDocuments)
    {
        for (int first = 0, next; first < tokens.Count; first = next)
        {
            long sum = tokens[first];
            for (next = first + 1; next < tokens.Count && next - first < mostDocuments && sum + tokens[next] <= mostTokens; next++) sum += tokens[next];
            yield return first..next;
        }
    }
}

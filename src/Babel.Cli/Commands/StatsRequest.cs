using Babel.Analysis.Statistics;
using Babel.Cli.Inputs;

namespace Babel.Cli.Commands;

/// <summary>What <c>babel stats</c> is asked for.</summary>
/// <param name="Model">Folder or hub name.</param>
/// <param name="Corpus">The text.</param>
/// <param name="Out">The run's folder.</param>
/// <param name="Options">What is counted.</param>
internal sealed record StatsRequest(string Model, CorpusRequest Corpus, string Out, StatisticsOptions Options);

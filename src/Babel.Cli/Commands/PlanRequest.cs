using Babel.Analysis.Statistics;
using Babel.Cli.Inputs;

namespace Babel.Cli.Commands;

/// <summary>What <c>babel plan</c> is asked for.</summary>
/// <param name="Model">Folder or hub name.</param>
/// <param name="Corpus">The text; its path is empty where none is named.</param>
/// <param name="Task">What would be run.</param>
/// <param name="Statistics">What it would count.</param>
/// <param name="Sets">Sets to switch off; null for one a language.</param>
/// <param name="Controls">Random sets for each set.</param>
internal sealed record PlanRequest(
    string Model, CorpusRequest Corpus, PlanTask Task, StatisticsOptions Statistics, int? Sets, int Controls);

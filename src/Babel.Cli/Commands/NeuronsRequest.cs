using Babel.Analysis.Lape;
using Babel.Analysis.Plnd;
using Babel.Analysis.Selection;

namespace Babel.Cli.Commands;

/// <summary>What <c>babel neurons</c> is asked for.</summary>
/// <param name="Stats">A run's folder or a statistics file.</param>
/// <param name="Method">The method.</param>
/// <param name="Comparative">Options of the comparative rule.</param>
/// <param name="Plnd">Options of PLND.</param>
/// <param name="Lape">Options of LAPE.</param>
/// <param name="Group">Which neurons the overlap is counted over.</param>
/// <param name="Out">A .json or .csv to write, or null.</param>
internal sealed record NeuronsRequest(
    string Stats, SelectionMethod Method, ComparativeOptions Comparative, PlndOptions Plnd, LapeOptions Lape, NeuronGroup Group, string? Out);

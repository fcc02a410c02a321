using Babel.Model;

namespace Babel.Cli.Inputs;

/// <summary>Which text a command reads, and how it is cut.</summary>
/// <param name="Path">Folder, file or pattern.</param>
/// <param name="Languages">Keep these only; null for all.</param>
/// <param name="Limit">Keep documents with an index below this; null for all.</param>
/// <param name="Context">Longest window in tokens; null for what the model was made for.</param>
/// <param name="BatchTokens">About how many tokens run at once.</param>
/// <param name="Schedule">The order of batches and layers; null to choose by memory.</param>
internal sealed record CorpusRequest(
    string Path, IReadOnlyList<string>? Languages, int? Limit, int? Context, int BatchTokens, Schedule? Schedule);

using Babel.Cli.Inputs;

namespace Babel.Cli.Commands;

/// <summary>What <c>babel score</c> is asked for.</summary>
/// <param name="Model">Folder or hub name.</param>
/// <param name="Corpus">The text.</param>
/// <param name="Ablate">File of neurons to switch off, or null.</param>
internal sealed record ScoreRequest(string Model, CorpusRequest Corpus, string? Ablate);

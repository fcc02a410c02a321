namespace Babel.Cli.Commands;

/// <summary>What <c>babel trace</c> is asked for.</summary>
/// <param name="Model">Folder or hub name.</param>
/// <param name="Texts">Texts, or empty when ids are given.</param>
/// <param name="Ids">Rows of ids, or null when texts are given.</param>
/// <param name="Mask">1 for a token, 0 for padding; null when nothing is padded beyond what ragged rows need.</param>
/// <param name="Positions">Positions of the tokens, or null for the family's convention.</param>
/// <param name="Sites">As the user wrote them.</param>
/// <param name="Ablate">File of neurons to switch off, or null.</param>
/// <param name="Out">The file to write, .safetensors or .npz.</param>
internal sealed record TraceRequest(
    string Model, IReadOnlyList<string> Texts, int[][]? Ids, int[][]? Mask, int[][]? Positions, string Sites, string? Ablate, string Out);

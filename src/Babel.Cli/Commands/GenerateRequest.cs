using Babel.Model;

namespace Babel.Cli.Commands;

/// <summary>What <c>babel generate</c> is asked for.</summary>
/// <param name="Model">Folder or hub name.</param>
/// <param name="Prompts">Texts to continue; empty when ids are given.</param>
/// <param name="Ids">Prompts as ids, or null.</param>
/// <param name="Options">How to choose tokens.</param>
/// <param name="IgnoreEos">Whether to go on after an end-of-text token.</param>
/// <param name="Ablate">File of neurons to switch off, or null.</param>
internal sealed record GenerateRequest(
    string Model, IReadOnlyList<string> Prompts, int[][]? Ids, GenerationOptions Options, bool IgnoreEos, string? Ablate);

using Babel.Model.RandomModels;

namespace Babel.Cli.Commands;

/// <summary>What <c>babel bench make-model</c> is asked for.</summary>
/// <param name="Out">The folder to make.</param>
/// <param name="Shape">Sizes, storage type, seed.</param>
/// <param name="Tokenizer">A folder whose tokenizer is copied; null for none.</param>
internal sealed record BenchMakeModelRequest(string Out, RandomModelShape Shape, string? Tokenizer);

using Babel.Analysis.Ablation;
using Babel.Cli.Inputs;

namespace Babel.Cli.Commands;

/// <summary>What <c>babel ablate</c> is asked for.</summary>
/// <param name="Model">Folder or hub name.</param>
/// <param name="Neurons">A neurons.json.</param>
/// <param name="Corpus">The text to measure on.</param>
/// <param name="Options">Controls and seeds.</param>
/// <param name="Journal">Where finished passes are kept, or null.</param>
internal sealed record AblateRequest(string Model, string Neurons, CorpusRequest Corpus, AblationOptions Options, string? Journal);

using Babel.Analysis.Ablation;
using Babel.Analysis.Runs;
using Babel.Analysis.Selection;
using Babel.Analysis.Statistics;
using Babel.Kernels;

namespace Babel.Analysis.Study;

/// <summary>What a study found.</summary>
public sealed record StudyResult
{
    /// <summary>The run folder.</summary>
    public required string Output { get; init; }

    /// <summary>How the folder was found: computed anew, gone on with, or shown again.</summary>
    public required RunState State { get; init; }

    /// <summary>The model folder.</summary>
    public required string Model { get; init; }

    /// <summary>The device's name.</summary>
    public required string Device { get; init; }

    /// <summary>What the device computed its products in.</summary>
    public required Precision Precision { get; init; }

    /// <summary>The model's sizes.</summary>
    public required ModelShape Shape { get; init; }

    /// <summary>Documents and token rows by language, in the corpus' order.</summary>
    public required IReadOnlyList<StudyCorpusRow> Corpus { get; init; }

    /// <summary>The default selection: the sets that were ablated.</summary>
    public required LanguageNeurons Neurons { get; init; }

    /// <summary>The plain PLND sets.</summary>
    public required LanguageNeurons Plnd { get; init; }

    /// <summary>The LAPE sets.</summary>
    public required LanguageNeurons Lape { get; init; }

    /// <summary>Every set on every language, with controls.</summary>
    public required AblationResult Ablation { get; init; }

    /// <summary>How sets overlap, by method and group of parts; groups in which no set has a neuron are left out.</summary>
    public required IReadOnlyList<MethodOverlap> Overlaps { get; init; }

    /// <summary>The files of the run folder, relative to it.</summary>
    public IReadOnlyList<string> Files { get; init; } = [];

    /// <summary>Wall time of every phase in seconds; of this run, so it is not stored with the results.</summary>
    public IReadOnlyList<KeyValuePair<string, double>> PhaseSeconds { get; init; } = [];

    /// <summary>The three selections.</summary>
    public IReadOnlyList<LanguageNeurons> Selections => [Neurons, Plnd, Lape];
}

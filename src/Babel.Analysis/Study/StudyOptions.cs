using Babel.Analysis.Ablation;
using Babel.Analysis.Lape;
using Babel.Analysis.Plnd;
using Babel.Analysis.Scoring;
using Babel.Analysis.Selection;
using Babel.Analysis.Statistics;
using Babel.Kernels;
using Babel.Model;

namespace Babel.Analysis.Study;

/// <summary>Everything a study can be told. Model, corpus and output are required; the rest has the documented defaults.</summary>
public sealed record StudyOptions
{
    /// <summary>A model folder, or <c>org/name[@revision]</c> of the local Hugging Face cache.</summary>
    public required string Model { get; init; }

    /// <summary>The corpus: a folder, a file or a pattern, as <see cref="Corpora.Corpus.Load"/> takes it.</summary>
    public required string Corpus { get; init; }

    /// <summary>The run folder: new, empty, or that of the same study.</summary>
    public required string Output { get; init; }

    /// <summary>The device's name.</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>Threads and the like.</summary>
    public DeviceOptions DeviceOptions { get; init; } = new();

    /// <summary>The devices to choose from.</summary>
    public DeviceRegistry Devices { get; init; } = DeviceRegistry.Default;

    /// <summary>These languages only; null for all of the corpus.</summary>
    public IReadOnlyList<string>? Languages { get; init; }

    /// <summary>Which documents the neurons are found on and tested on.</summary>
    public EvaluationSplit Split { get; init; } = EvaluationSplit.HeldOut;

    /// <summary>Documents of a block of the held-out split: the length of a story that must not lie on both sides.</summary>
    public int SplitBlock { get; init; } = 10;

    /// <summary>The longest window of tokens; null for the model's own context, at most 4096. Longer documents lie in several windows.</summary>
    public int? Context { get; init; }

    /// <summary>The default selection, which compares languages; its sets are the ones ablated.</summary>
    public ComparativeOptions Selection { get; init; } = new();

    /// <summary>The plain PLND selection, reported beside it.</summary>
    public PlndOptions Plnd { get; init; } = new();

    /// <summary>The LAPE selection, reported beside it.</summary>
    public LapeOptions Lape { get; init; } = new();

    /// <summary>What is counted: all parts, with the exact importances PLND ranks.</summary>
    public StatisticsOptions Statistics { get; init; } = new() { QkImportance = ImportanceForms.Exact };

    /// <summary>The random controls.</summary>
    public AblationOptions Ablation { get; init; } = new();

    /// <summary>Token rows of a batch when scoring; sets speed, never a result.</summary>
    public int BatchTokens { get; init; } = Scorer.DefaultBatchTokens;

    /// <summary>The order of batches and layers; null to choose by <see cref="DeviceOptions"/>' memory. Sets memory and speed, never a result.</summary>
    public Schedule? Schedule { get; init; }

    /// <summary>The command line, for the manifest.</summary>
    public string Command { get; init; } = "";

    /// <summary>The clock of the manifest's stamps and of the phases' wall times.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}

namespace Babel.Model.Families;

/// <summary>The tensors of one block.</summary>
internal sealed record LayerSources
{
    /// <summary>n1, before (or, in post-norm blocks, after) attention.</summary>
    public required NormSource AttnNorm { get; init; }

    /// <summary>n2; null where attention and FFN share n1.</summary>
    public NormSource? FfnNorm { get; init; }

    /// <summary>p1, on the attention's output.</summary>
    public NormSource? AttnPostNorm { get; init; }

    /// <summary>p2, on the FFN's output.</summary>
    public NormSource? FfnPostNorm { get; init; }

    /// <summary>Per-head norms of queries and keys.</summary>
    public NormSource? QNorm { get; init; }

    /// <inheritdoc cref="QNorm"/>
    public NormSource? KNorm { get; init; }

    public required LinearSource Q { get; init; }

    public required LinearSource K { get; init; }

    public required LinearSource V { get; init; }

    public required LinearSource O { get; init; }

    /// <summary>Null in plain FFNs.</summary>
    public LinearSource? Gate { get; init; }

    /// <summary>The up projection, or fc1.</summary>
    public required LinearSource Up { get; init; }

    public required LinearSource Down { get; init; }
}

/// <summary>The tensors of a checkpoint, by their full names.</summary>
internal sealed record DecoderSources
{
    /// <summary>What names lack in checkpoints saved from the base model, such as <c>transformer.</c>.</summary>
    public required string BasePrefix { get; init; }

    public required string Embedding { get; init; }

    /// <summary>The table of learned positions.</summary>
    public string? Positions { get; init; }

    public NormSource? EmbeddingNorm { get; init; }

    public LinearSource? ProjectIn { get; init; }

    public LinearSource? ProjectOut { get; init; }

    public NormSource? FinalNorm { get; init; }

    /// <summary>Null where the embedding serves.</summary>
    public LinearSource? Unembedding { get; init; }

    public required Func<int, LayerSources> Layer { get; init; }

    /// <summary>Ends of the names of tensors that are computed, not learned: causal masks, frequencies; and of a tied head some files repeat.</summary>
    public IReadOnlyList<string> Unused { get; init; } = [];
}

/// <summary>A model: what it computes, and where its numbers lie.</summary>
internal sealed record ModelDefinition(DecoderSpec Spec, DecoderSources Sources);

/// <summary>A mapping from a configuration to a <see cref="ModelDefinition"/>.</summary>
internal interface IModelFamily
{
    /// <summary>The <c>model_type</c>s it reads.</summary>
    IReadOnlyList<string> ModelTypes { get; }

    ModelDefinition Read(ConfigReader config);
}

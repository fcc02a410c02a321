using Babel.Kernels;

namespace Babel.Model.Decoding;

/// <summary>W and b of y = W x + b.</summary>
internal sealed record LinearWeight(Weight Weight, Tensor? Bias)
{
    public TensorView? BiasView => Bias?.View;
}

/// <summary>w and b of a norm.</summary>
internal sealed record NormWeight(Tensor Weight, Tensor? Bias)
{
    public TensorView? BiasView => Bias?.View;
}

/// <summary>What turns ids into the input of block 0.</summary>
internal sealed record InputWeights
{
    public required Weight Embedding { get; init; }

    /// <summary>The row of <see cref="Embedding"/> an id has, where only the rows in use are loaded; null where ids are rows.</summary>
    public IReadOnlyDictionary<int, int>? RowOf { get; init; }

    public Weight? Positions { get; init; }

    public NormWeight? Norm { get; init; }

    public LinearWeight? Project { get; init; }
}

/// <summary>The weights of one block: with hidden states and a batch, all a block is a function of.</summary>
internal sealed record LayerWeights
{
    public required NormWeight AttnNorm { get; init; }

    public NormWeight? FfnNorm { get; init; }

    public NormWeight? AttnPostNorm { get; init; }

    public NormWeight? FfnPostNorm { get; init; }

    public NormWeight? QNorm { get; init; }

    public NormWeight? KNorm { get; init; }

    public required LinearWeight Q { get; init; }

    public required LinearWeight K { get; init; }

    public required LinearWeight V { get; init; }

    public required LinearWeight O { get; init; }

    /// <summary>Null in plain FFNs.</summary>
    public LinearWeight? Gate { get; init; }

    public required LinearWeight Up { get; init; }

    public required LinearWeight Down { get; init; }
}

/// <summary>What turns the output of the last block into logits.</summary>
internal sealed record OutputWeights
{
    public NormWeight? Norm { get; init; }

    public LinearWeight? Project { get; init; }

    /// <summary>The embedding itself where they are tied.</summary>
    public required LinearWeight Unembedding { get; init; }
}

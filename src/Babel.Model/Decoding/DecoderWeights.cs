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

    public LinearWeight? Gate { get; init; }

    public required LinearWeight Up { get; init; }

    public required LinearWeight Down { get; init; }
}

/// <summary>All weights of a decoder on one device.</summary>
internal sealed class DecoderWeights : IDisposable
{
    private readonly List<IDisposable> _owned = [];

    public Weight Embedding { get; set; } = null!;

    public Weight? Positions { get; set; }

    public NormWeight? EmbeddingNorm { get; set; }

    public LinearWeight? ProjectIn { get; set; }

    public LinearWeight? ProjectOut { get; set; }

    public NormWeight? FinalNorm { get; set; }

    /// <summary>The embedding itself where they are tied.</summary>
    public LinearWeight Unembedding { get; set; } = null!;

    public LayerWeights[] Layers { get; set; } = [];

    /// <summary>Takes ownership.</summary>
    public T Own<T>(T disposable)
        where T : IDisposable
    {
        _owned.Add(disposable);
        return disposable;
    }

    public void Dispose()
    {
        foreach (var disposable in _owned) disposable.Dispose();
        _owned.Clear();
    }
}

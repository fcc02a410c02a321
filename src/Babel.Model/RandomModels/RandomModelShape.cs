using Babel.Kernels;

namespace Babel.Model.RandomModels;

/// <summary>The sizes of a model whose weights are drawn, not learned: for measuring, and for tests of what only depends on sizes.</summary>
public sealed record RandomModelShape
{
    private readonly int? _headDim;

    /// <summary>The shapes that have names, smallest first: <c>nano</c>, <c>tiny</c>, <c>small</c>, <c>1b</c>, <c>7b</c>; all LLaMA.</summary>
    public static IReadOnlyDictionary<string, RandomModelShape> Named { get; } = new Dictionary<string, RandomModelShape>(StringComparer.Ordinal)
    {
        ["nano"] = new() { ModelWidth = 256, Layers = 6, Heads = 8, KvHeads = 4, FfnWidth = 688, Vocabulary = 8000 },
        ["tiny"] = new() { ModelWidth = 256, Layers = 8, Heads = 8, KvHeads = 8, FfnWidth = 688 },
        ["small"] = new() { ModelWidth = 768, Layers = 12, Heads = 12, KvHeads = 12, FfnWidth = 2048 },
        ["1b"] = new() { ModelWidth = 2048, Layers = 22, Heads = 32, KvHeads = 4, FfnWidth = 5632 },
        ["7b"] = new() { ModelWidth = 4096, Layers = 32, Heads = 32, KvHeads = 32, FfnWidth = 11008 },
    };

    /// <summary>The <c>model_type</c> that <c>config.json</c> will say.</summary>
    public string Family { get; init; } = "llama";

    /// <summary>D.</summary>
    public required int ModelWidth { get; init; }

    /// <summary>L.</summary>
    public required int Layers { get; init; }

    /// <summary>H.</summary>
    public required int Heads { get; init; }

    /// <summary>K; H in families whose queries are not grouped.</summary>
    public required int KvHeads { get; init; }

    /// <summary>d; D / H unless it is set.</summary>
    public int HeadDim
    {
        get => _headDim ?? ModelWidth / Math.Max(1, Heads);
        init => _headDim = value;
    }

    /// <summary>F.</summary>
    public required int FfnWidth { get; init; }

    /// <summary>V.</summary>
    public int Vocabulary { get; init; } = 32000;

    /// <summary>Tokens the model says it was made for.</summary>
    public int MaxPositions { get; init; } = 4096;

    /// <summary>Keys a query sees in the layers that have a window; 0 for no window. Only <c>mistral</c> and <c>gemma2</c> have one.</summary>
    public int Window { get; init; }

    /// <summary>How weights are stored: F32, BF16 or F16.</summary>
    public DType Weights { get; init; } = DType.BF16;

    /// <summary>Which weights: equal shapes and seeds have equal bytes.</summary>
    public ulong Seed { get; init; } = 1;
}

namespace Babel.Kernels.Diagnostics.Bench;

/// <summary>The sizes of the model whose operators are measured, and of its batch: <see cref="Sequences"/> times <see cref="Length"/> tokens.</summary>
public sealed record OperatorBenchShape
{
    /// <summary>D, the width of the residual stream.</summary>
    public int ModelWidth { get; init; } = 768;

    /// <summary>F, neurons of the FFN.</summary>
    public int FfnWidth { get; init; } = 2048;

    /// <summary>V.</summary>
    public int Vocabulary { get; init; } = 32000;

    /// <summary>H, query heads.</summary>
    public int Heads { get; init; } = 12;

    /// <summary>K, key/value heads.</summary>
    public int KvHeads { get; init; } = 12;

    /// <summary>d, length of a head.</summary>
    public int HeadDim { get; init; } = 64;

    /// <summary>S, sequences.</summary>
    public int Sequences { get; init; } = 4;

    /// <summary>T, tokens of each.</summary>
    public int Length { get; init; } = 128;

    /// <summary>How weights are stored.</summary>
    public DType Weights { get; init; } = DType.F32;

    /// <summary>N, token rows.</summary>
    public int Tokens => Sequences * Length;
}

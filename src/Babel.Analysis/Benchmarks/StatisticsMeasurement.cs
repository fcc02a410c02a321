using Babel.Kernels.Diagnostics.Bench;

namespace Babel.Analysis.Benchmarks;

/// <summary>What observing a model costs: times of one batch, each over those of the plain forward passes just before and after it.</summary>
public sealed record StatisticsMeasurement
{
    /// <summary>The model's name.</summary>
    public required string Model { get; init; }

    /// <summary>How its weights are stored.</summary>
    public required Kernels.DType Storage { get; init; }

    /// <summary>N, the tokens of the measured batch.</summary>
    public required int Tokens { get; init; }

    /// <summary>T, the length of its sequences.</summary>
    public required int Length { get; init; }

    /// <summary>The plain forward pass, up to the last layer: without the vocabulary, which statistics do not want either.</summary>
    public required Timing Plain { get; init; }

    /// <summary>Share of the device's arithmetic ceiling that the plain pass reaches.</summary>
    public required double OfPeak { get; init; }

    /// <summary>2 % of the FFN neurons switched off.</summary>
    public required PairRatio Ablated { get; init; }

    /// <summary>Statistics of the FFN neurons.</summary>
    public required PairRatio Neurons { get; init; }

    /// <summary>Statistics of all seven sites and the importance of value neurons.</summary>
    public required PairRatio Every { get; init; }

    /// <summary>The same, folded into documents and languages on the host: what <c>babel stats</c> does.</summary>
    public required PairRatio Collected { get; init; }

    /// <summary>Every statistic and the exact importance of query and key neurons.</summary>
    public required PairRatio WithQk { get; init; }

    /// <summary>The same with the exact Q/K importance: <c>babel stats --qk-importance exact</c>.</summary>
    public required PairRatio CollectedWithQk { get; init; }
}

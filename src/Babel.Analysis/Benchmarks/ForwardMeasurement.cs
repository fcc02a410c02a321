using Babel.Analysis.Planning;
using Babel.Kernels.Diagnostics.Bench;

namespace Babel.Analysis.Benchmarks;

/// <summary>Prefill and generation of a model.</summary>
public sealed record ForwardMeasurement
{
    /// <summary>The model's name.</summary>
    public required string Model { get; init; }

    /// <summary>How its weights are stored.</summary>
    public required Kernels.DType Storage { get; init; }

    /// <summary>Bytes of its weights.</summary>
    public required long WeightBytes { get; init; }

    /// <summary>Seconds it took to load a folder; null where weights were drawn on the device.</summary>
    public required double? LoadSeconds { get; init; }

    /// <summary>N, the tokens of the measured batch.</summary>
    public required int Tokens { get; init; }

    /// <summary>T, the length of its sequences.</summary>
    public required int Length { get; init; }

    /// <summary>A forward pass of the batch with the log-probability of every token.</summary>
    public required Timing Prefill { get; init; }

    /// <summary>FLOP of a token, see <see cref="ForwardCost"/>.</summary>
    public required ForwardCost Cost { get; init; }

    /// <summary>One more token after a prompt of T, one sequence, greedy.</summary>
    public required Timing Step { get; init; }

    /// <summary>Bytes of weights that a step reads.</summary>
    public required long StepBytes { get; init; }

    /// <summary>Share of the device's arithmetic ceiling that the prefill reaches: the median over rounds, each with the ceiling of its own round.</summary>
    public required double OfPeak { get; init; }

    /// <summary>The device's memory ceiling, 10^9 bytes a second: the better of two readings, one before the model was loaded and one after the steps.</summary>
    public required double ReadGigabytes { get; init; }

    /// <summary>Memory this process has resident after the passes, bytes.</summary>
    public required long ResidentBytes { get; init; }

    /// <summary>Managed bytes allocated by one forward pass after many.</summary>
    public required long AllocatedBytes { get; init; }

    /// <summary>Tokens a second of the prefill.</summary>
    public double PrefillRate => Tokens / Prefill.Median;

    /// <summary>10^9 operations a second of the prefill.</summary>
    public double Gflops => Cost.Total * PrefillRate / 1e9;

    /// <summary>Tokens a second of generation.</summary>
    public double StepRate => 1 / Step.Median;

    /// <summary>Share of the time that reading the weights alone would take at the bandwidth ceiling.</summary>
    public double OfBandwidth => StepBytes / (ReadGigabytes * 1e9) / Step.Median;
}

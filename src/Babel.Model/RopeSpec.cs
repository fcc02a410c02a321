namespace Babel.Model;

/// <summary>The angles of a rotary embedding; the formulas are at <c>RotaryFrequencies</c> and in docs/formats.md.</summary>
public sealed record RopeSpec
{
    /// <summary>r, how many leading dimensions of a head are turned; even.</summary>
    public required int Width { get; init; }

    /// <summary>theta: frequency j is theta^(-2j/r).</summary>
    public required double Theta { get; init; }

    /// <summary>The stretching.</summary>
    public RopeScaling Scaling { get; init; }

    /// <summary>How much longer the context becomes.</summary>
    public double Factor { get; init; } = 1;

    /// <summary>Tokens the unstretched angles were trained for (LLaMA 3), or the length the formulas of dynamic NTK and YaRN refer to.</summary>
    public int OriginalLength { get; init; }

    /// <summary>LLaMA 3: wavelengths above length/low are scaled fully.</summary>
    public double LowFrequencyFactor { get; init; }

    /// <summary>LLaMA 3: wavelengths below length/high are kept.</summary>
    public double HighFrequencyFactor { get; init; }

    /// <summary>YaRN: turns above which a frequency is kept.</summary>
    public double BetaFast { get; init; } = 32;

    /// <summary>YaRN: turns below which a frequency is interpolated.</summary>
    public double BetaSlow { get; init; } = 1;

    /// <summary>Multiplied onto cos and sin.</summary>
    public double AttentionFactor { get; init; } = 1;
}

namespace Babel.Kernels;

/// <summary>What a run asks of a device's operators, as far as the memory they need besides their operands depends on it.</summary>
public sealed record OperatorLoad
{
    /// <summary>N, token rows of the largest batch.</summary>
    public required long Rows { get; init; }

    /// <summary>Key rows of the batch with the most, where keys of earlier tokens are kept; never taken for fewer than <see cref="Rows"/>.</summary>
    public long Keys { get; init; }

    /// <summary>S, sequences of the batch with the most.</summary>
    public required long Sequences { get; init; }

    /// <summary>T, tokens of the longest sequence.</summary>
    public required long Longest { get; init; }

    /// <summary>The widest input of a product.</summary>
    public required long Width { get; init; }

    /// <summary>The storage type of the weights.</summary>
    public DType Storage { get; init; } = DType.F32;

    /// <summary>Widths of the taps before an activation that take statistics and no values, one after the other in a product.</summary>
    public long TappedWidth { get; init; }

    /// <summary>V of the log-probabilities; 0 for none.</summary>
    public long Vocabulary { get; init; }

    /// <summary>The form of the Q/K importance; null for none.</summary>
    public QkScoreForm? QkScores { get; init; }

    /// <summary>H.</summary>
    public long Heads { get; init; }

    /// <summary>K.</summary>
    public long KvHeads { get; init; }

    /// <summary>d.</summary>
    public long HeadDim { get; init; }

    /// <summary>Whether heads are rotated or normed, so that a neuron that is off changes more than its own product.</summary>
    public bool HeadsAreTurned { get; init; }
}

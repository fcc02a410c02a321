using Babel.Model;

namespace Babel.Analysis.Statistics;

/// <summary>How a corpus is read; none of it changes a bit of the result.</summary>
public sealed record StatisticsRunOptions
{
    /// <summary>Where finished blocks and the result are kept, so that an interrupted run can go on; null keeps nothing.</summary>
    public string? Folder { get; init; }

    /// <summary>Documents a block has: what an interrupted run loses at most.</summary>
    public int BlockDocuments { get; init; } = 64;

    /// <summary>Token rows a batch has, about.</summary>
    public int BatchTokens { get; init; } = 1024;

    /// <summary>
    /// Where hidden states wait when the model is read layer by layer; null for memory. As many documents as they may be kept of are then read at once,
    /// instead of <see cref="BlockDocuments"/>.
    /// </summary>
    public SweepOptions? Sweep { get; init; }

    /// <summary>Documents read at once at most, layer by layer: their importance is summed in float64 until a layer is finished.</summary>
    public int MostDocuments { get; init; } = int.MaxValue;

    /// <summary>
    /// Whether statistics of finished layers wait in a temporary file (in <see cref="SweepOptions.SpoolFolder"/>), one layer in memory, when they would be
    /// too much.
    /// </summary>
    public bool Spool { get; init; }

    /// <summary>The folder of the temporary file; null for memory.</summary>
    internal string? SpoolFolder => Spool ? (Sweep ?? SweepOptions.InMemory).SpoolFolder : null;
}

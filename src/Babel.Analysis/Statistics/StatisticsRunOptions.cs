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
}

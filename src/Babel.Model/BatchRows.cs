using Babel.Kernels;

namespace Babel.Model;

/// <summary>What a batch is made of, on the host.</summary>
internal sealed record BatchRows
{
    public required SequenceLayout Layout { get; init; }

    public required int[] Ids { get; init; }

    public required int[] Positions { get; init; }

    public int[]? Targets { get; init; }

    public int[]? CacheRows { get; init; }

    public required (int Row, int Column)[] Origins { get; init; }
}

namespace Babel.Analysis.Ablation;

/// <summary>How sets are compared with chance.</summary>
public sealed record AblationOptions
{
    /// <summary>How many random controls each set is compared with; 0 for none. Fewer than two give no standard deviation.</summary>
    public int Controls { get; init; } = 5;

    /// <summary>Seed of the first control; the others follow by one.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>The seeds of the controls.</summary>
    public IReadOnlyList<long> Seeds => [.. Enumerable.Range(0, Controls).Select(i => Seed + i)];
}

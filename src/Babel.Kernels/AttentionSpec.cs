namespace Babel.Kernels;

/// <summary>
/// The form of an attention, per layer. With key position j and query position i of a sequence and head h:
/// <code>
/// s[i,j] = Scale * q_i . k_j                      key head h / (Heads / KvHeads)
/// s      = SoftCap tanh(s / SoftCap)              where SoftCap &gt; 0
/// s     += AlibiSlopes[h] * j                     where given (Press et al. 2021, arXiv 2108.12409)
/// s      = -inf unless 0 &lt;= i - j, and i - j &lt; Window where Window &gt; 0
/// </code>
/// </summary>
public sealed record AttentionSpec
{
    /// <summary>H, query heads.</summary>
    public required int Heads { get; init; }

    /// <summary>K, key/value heads; divides <see cref="Heads"/>.</summary>
    public required int KvHeads { get; init; }

    /// <summary>d, the length of a head.</summary>
    public required int HeadDim { get; init; }

    /// <summary>The factor of q.k, usually 1/sqrt(d).</summary>
    public required float Scale { get; init; }

    /// <summary>c of the soft cap on the scores; 0 for none.</summary>
    public float SoftCap { get; init; }

    /// <summary>How many keys, the own one included, a query sees; 0 for all before it.</summary>
    public int Window { get; init; }

    /// <summary>One ALiBi slope a head, or null.</summary>
    public float[]? AlibiSlopes { get; init; }

    /// <summary>
    /// Falcon's reading of ALiBi: slope, j and slope*j are rounded to BF16 (a BF16 tensor times an integer one casts both) and the sum is
    /// scaled, s = (q.k + alibi) * Scale.
    /// </summary>
    public bool AlibiRoundedAndScaled { get; init; }

    /// <summary>G, query heads a key/value head serves.</summary>
    public int Group => Heads / KvHeads;
}

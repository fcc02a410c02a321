namespace Babel.Model;

/// <summary>
/// How a block adds to the residual stream x; A is attention with its projections, M the FFN, n1, n2 the block's norms, p1, p2 norms of
/// outputs.
/// </summary>
public enum ResidualForm
{
    /// <summary><c>h = x + A(n1 x); y = h + M(n2 h)</c>.</summary>
    PreNorm,

    /// <summary><c>a = n1 x; h = a + A(a); m = n2 h; y = m + M(m)</c>: BLOOM with apply_residual_connection_post_layernorm.</summary>
    NormedResidual,

    /// <summary><c>h = n1(x + A(x)); y = n2(h + M(h))</c>: OPT-350m.</summary>
    PostNorm,

    /// <summary><c>h = x + p1(A(n1 x)); y = h + p2(M(n2 h))</c>: Gemma 2.</summary>
    Sandwich,

    /// <summary><c>y = x + A(n1 x) + M(n1 x)</c>: Phi, Falcon 7b.</summary>
    ParallelSharedNorm,

    /// <summary><c>y = x + A(n1 x) + M(n2 x)</c>: GPT-NeoX, Falcon 40b.</summary>
    ParallelTwoNorms,
}

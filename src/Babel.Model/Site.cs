namespace Babel.Model;

/// <summary>
/// The places of a forward pass that can be looked at; names and meanings follow TransformerLens
/// (https://transformerlensorg.github.io/TransformerLens). N token rows, D model width, H heads, K key/value heads, d head length, F FFN width.
/// </summary>
public enum Site
{
    /// <summary>[N, D] the input of block 0: token embeddings after scale, positions and embedding norm.</summary>
    Embed,

    /// <summary>[N, D] the residual stream entering a block.</summary>
    ResidPre,

    /// <summary>[N, D] the input of the q/k/v projections (after the norm, in pre-norm families).</summary>
    AttnIn,

    /// <summary>[N, H*d] query projection incl. bias, before per-head norm, rotation and scaling.</summary>
    Q,

    /// <summary>[N, K*d] key projection incl. bias, before per-head norm and rotation.</summary>
    K,

    /// <summary>[N, K*d] value projection incl. bias.</summary>
    V,

    /// <summary>Attention probabilities, sequence after sequence [H, q, k], 0 where masked.</summary>
    Pattern,

    /// <summary>[N, H*d] the input of the attention output projection, heads concatenated.</summary>
    Z,

    /// <summary>[N, D] attention output projection incl. bias, before any post norm and before the residual.</summary>
    AttnOut,

    /// <summary>[N, D] the residual stream between attention and FFN; parallel blocks have none.</summary>
    ResidMid,

    /// <summary>[N, D] the input of the FFN projections.</summary>
    MlpIn,

    /// <summary>[N, F] before the activation: the gate projection in gated FFNs, fc1 in plain ones.</summary>
    MlpPre,

    /// <summary>[N, F] the up projection; only in gated FFNs.</summary>
    MlpUp,

    /// <summary>[N, F] the input of the down projection: the neuron activations.</summary>
    MlpPost,

    /// <summary>[N, D] down projection incl. bias, before any post norm and before the residual.</summary>
    MlpOut,

    /// <summary>[N, D] the residual stream leaving a block.</summary>
    ResidPost,

    /// <summary>[N, D] the input of the unembedding: after the final norm, and after project_out where a model has one.</summary>
    FinalNorm,

    /// <summary>[N, V] after bias and soft cap.</summary>
    Logits,
}

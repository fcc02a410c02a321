namespace Babel.Model;

/// <summary>What a run brings to the host besides its probes.</summary>
public enum ForwardOutput
{
    /// <summary>Nothing: the run is made for its probes, and the unembedding is not computed.</summary>
    None,

    /// <summary>[N] log p(target), without storing [N, V].</summary>
    LogProbs,

    /// <summary>[N, V].</summary>
    Logits,

    /// <summary>[S, V]: the logits of every sequence's last token.</summary>
    LastLogits,
}

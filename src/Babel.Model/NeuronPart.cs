namespace Babel.Model;

/// <summary>
/// Which projection of a block a neuron belongs to. Up, Gate and Down share the index k &lt; F of one FFN neuron; Q and O run over H*d, K and V
/// over K*d.
/// </summary>
public enum NeuronPart
{
    /// <summary>Row k of the up projection (of fc1 in a plain FFN).</summary>
    Up,

    /// <summary>Row k of the gate projection; only in gated FFNs.</summary>
    Gate,

    /// <summary>Column k of the down projection: what the neuron writes.</summary>
    Down,

    /// <summary>Row of the query projection.</summary>
    Q,

    /// <summary>Row of the key projection as stored, never repeated for grouped queries.</summary>
    K,

    /// <summary>Row of the value projection as stored, never repeated for grouped queries.</summary>
    V,

    /// <summary>Column of the attention output projection.</summary>
    O,
}

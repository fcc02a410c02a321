namespace Babel.Kernels;

/// <summary>
/// The steps of a gated product (GLU, Shazeer 2020, arXiv 2002.05202), in this order, each optional but the activation:
/// <code>
/// g = x Wgate^T + GateBias ; GatePre takes g
/// u = x Wup^T   + UpBias   ; UpPre takes u
/// h = Activation(g) * u
/// h *= Scale               a scale of exactly 0 stores +0: the neuron is off
/// Post takes h
/// output = h
/// </code>
/// </summary>
public sealed record GatedEpilogue
{
    /// <summary>Added to the gate's product, [n].</summary>
    public TensorView? GateBias { get; init; }

    /// <summary>Added to the up product, [n].</summary>
    public TensorView? UpBias { get; init; }

    /// <summary>Takes g.</summary>
    public NeuronTap? GatePre { get; init; }

    /// <summary>Takes u.</summary>
    public NeuronTap? UpPre { get; init; }

    /// <summary>sigma, of the gate.</summary>
    public Activation Activation { get; init; }

    /// <summary>Per-neuron factor, [n].</summary>
    public TensorView? Scale { get; init; }

    /// <summary>Takes h, the neuron activations.</summary>
    public NeuronTap? Post { get; init; }
}

using Babel.Model;

namespace Babel.Analysis.Statistics;

/// <summary>The sizes statistics need to be read and selected from without the model.</summary>
/// <param name="Layers">L.</param>
/// <param name="FfnWidth">F.</param>
/// <param name="Heads">H.</param>
/// <param name="KvHeads">K.</param>
/// <param name="HeadDim">d.</param>
/// <param name="GatedFfn">Whether the FFN has a gate.</param>
public readonly record struct ModelShape(int Layers, int FfnWidth, int Heads, int KvHeads, int HeadDim, bool GatedFfn)
{
    /// <summary>The neurons of all FFNs, L F.</summary>
    public int FfnNeurons => Layers * FfnWidth;

    /// <summary>
    /// The part whose positive values mean "the FFN neuron is on" (SiLU, GELU and ReLU keep the sign): the gate, or fc1 in a plain FFN.
    /// </summary>
    public NeuronPart ActivationPart => GatedFfn ? NeuronPart.Gate : NeuronPart.Up;

    /// <summary>The sizes of a decoder.</summary>
    public static ModelShape Of(DecoderSpec spec) =>
        new(spec.Layers, spec.FfnWidth, spec.Heads, spec.KvHeads, spec.HeadDim, spec.GatedFfn);

    /// <summary>Neurons of a part in one layer: F, H d or K d; 0 for the gate of a plain FFN.</summary>
    public int NeuronCount(NeuronPart part) => part switch
    {
        NeuronPart.Up or NeuronPart.Down => FfnWidth,
        NeuronPart.Gate => GatedFfn ? FfnWidth : 0,
        NeuronPart.Q or NeuronPart.O => Heads * HeadDim,
        _ => KvHeads * HeadDim,
    };

    /// <summary>
    /// Where a part is observed: Gate and a plain Up before the activation, a gated Up at the up projection, Down at the neurons themselves,
    /// O at the input of the output projection.
    /// </summary>
    public Site SiteOf(NeuronPart part) => part switch
    {
        NeuronPart.Gate => Site.MlpPre,
        NeuronPart.Up => GatedFfn ? Site.MlpUp : Site.MlpPre,
        NeuronPart.Down => Site.MlpPost,
        NeuronPart.Q => Site.Q,
        NeuronPart.K => Site.K,
        NeuronPart.V => Site.V,
        _ => Site.Z,
    };
}

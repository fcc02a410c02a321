using Babel.Kernels;

namespace Babel.Model.Decoding;

/// <summary>
/// The epilogues of the blocks by layer and site. One is kept until an operand of it changes, so that running the same kind of batch again allocates
/// nothing: a record a product would be garbage for every layer of every batch.
/// </summary>
internal sealed class Epilogues(int layers)
{
    private static readonly int s_sites = Enum.GetValues<Site>().Length;
    private readonly Epilogue?[] _plain = new Epilogue?[layers * s_sites];
    private readonly GatedEpilogue?[] _gated = new GatedEpilogue?[layers];

    /// <summary>The epilogue of the product that gives <paramref name="site"/>.</summary>
    public Epilogue Of(
        int layer,
        Site site,
        TensorView? bias,
        TensorView? scale,
        NeuronTap? post,
        TensorView? residual = null,
        NeuronTap? pre = null,
        Activation activation = default)
    {
        ref var known = ref _plain[(layer * s_sites) + (int)site];
        if (known is not null && known.Bias == bias && known.Scale == scale && known.Post == post && known.Residual == residual && known.Pre == pre
            && known.Activation == activation)
            return known;
        return known = new Epilogue { Bias = bias, Scale = scale, Post = post, Residual = residual, Pre = pre, Activation = activation };
    }

    /// <summary>The epilogue of a gated FFN.</summary>
    public GatedEpilogue Gated(
        int layer, Activation activation, TensorView? gateBias, TensorView? upBias, TensorView? scale, NeuronTap? gatePre, NeuronTap? upPre, NeuronTap? post)
    {
        ref var known = ref _gated[layer];
        if (known is not null && known.Activation == activation && known.GateBias == gateBias && known.UpBias == upBias && known.Scale == scale
            && known.GatePre == gatePre && known.UpPre == upPre && known.Post == post)
            return known;
        return known = new GatedEpilogue
        {
            Activation = activation, GateBias = gateBias, UpBias = upBias, Scale = scale, GatePre = gatePre, UpPre = upPre, Post = post,
        };
    }
}

namespace Babel.Model.Families;

/// <summary>The block names OPT and XGLM inherited from fairseq.</summary>
internal static class FairseqTensors
{
    public static LayerSources Layer(string at, bool bias = true, bool affine = true)
    {
        LinearSource Linear(string name) => new($"{at}{name}.weight", bias ? $"{at}{name}.bias" : null);
        return new LayerSources
        {
            AttnNorm = Norm($"{at}self_attn_layer_norm", affine),
            FfnNorm = Norm($"{at}final_layer_norm", affine),
            Q = Linear("self_attn.q_proj"),
            K = Linear("self_attn.k_proj"),
            V = Linear("self_attn.v_proj"),
            O = Linear("self_attn.out_proj"),
            Up = Linear("fc1"),
            Down = Linear("fc2"),
        };
    }

    public static NormSource Norm(string name, bool affine = true) => affine ? new($"{name}.weight", $"{name}.bias") : new(null);
}

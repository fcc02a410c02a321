using Babel.Kernels;

namespace Babel.Model.Families;

/// <summary>GPT-NeoX and Pythia (Black et al. 2022, arXiv 2204.06745): parallel blocks with two norms, partial rotation, fused q/k/v by head.</summary>
internal sealed class GptNeoxFamily : IModelFamily
{
    public IReadOnlyList<string> ModelTypes => ["gpt_neox"];

    public ModelDefinition Read(ConfigReader config)
    {
        int width = config.Int("hidden_size");
        int heads = config.Int("num_attention_heads");
        int dim = CommonKeys.HeadDim(config, width, heads);
        int positions = config.IntOr(2048, "max_position_embeddings")!.Value;
        bool bias = config.Flag("attention_bias", fallback: true);
        var spec = new DecoderSpec
        {
            Family = "gpt_neox",
            Layers = config.Int("num_hidden_layers"),
            ModelWidth = width,
            Heads = heads,
            KvHeads = heads,
            HeadDim = dim,
            FfnWidth = config.Int("intermediate_size"),
            Vocabulary = config.Int("vocab_size"),
            MaxPositions = positions,
            Activation = CommonKeys.Activation(config, config.Text("hidden_act") ?? "gelu", "hidden_act"),
            Norm = NormKind.Layer,
            NormEpsilon = (float)config.Number(1e-5, "layer_norm_eps"),
            Residual = config.Flag("use_parallel_residual", fallback: true) ? ResidualForm.ParallelTwoNorms : ResidualForm.PreNorm,
            Rope = RopeConfig.Read(config, dim, positions, 0.25, "rotary_emb_base", "rotary_pct"),
            TiedEmbeddings = config.Flag("tie_word_embeddings", fallback: false),
        };
        return new(spec, Sources(spec, bias));
    }

    private static DecoderSources Sources(DecoderSpec spec, bool attentionBias)
    {
        var fused = FusedRows.Grouped(spec.Heads, 1, spec.HeadDim);
        return new DecoderSources
        {
            BasePrefix = "gpt_neox.",
            Embedding = "gpt_neox.embed_in.weight",
            FinalNorm = Norm("gpt_neox.final_layer_norm"),
            Unembedding = spec.TiedEmbeddings ? null : new("embed_out.weight"),
            Layer = i =>
            {
                string at = $"gpt_neox.layers.{i}.";
                LinearSource Linear(string name, bool bias, RowSelection? rows = null) => new($"{at}{name}.weight", bias ? $"{at}{name}.bias" : null, rows);
                return new LayerSources
                {
                    AttnNorm = Norm($"{at}input_layernorm"),
                    FfnNorm = Norm($"{at}post_attention_layernorm"),
                    Q = Linear("attention.query_key_value", attentionBias, fused[0]),
                    K = Linear("attention.query_key_value", attentionBias, fused[1]),
                    V = Linear("attention.query_key_value", attentionBias, fused[2]),
                    O = Linear("attention.dense", attentionBias),
                    Up = Linear("mlp.dense_h_to_4h", bias: true),
                    Down = Linear("mlp.dense_4h_to_h", bias: true),
                };
            },
            Unused = [".attention.bias", ".attention.masked_bias", "rotary_emb.inv_freq", "embed_out.weight"],
        };
    }

    private static NormSource Norm(string name) => new($"{name}.weight", $"{name}.bias");
}

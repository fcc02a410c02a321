using Babel.Kernels;

namespace Babel.Model.Families;

/// <summary>GPT-2 (Radford et al. 2019): learned positions, tanh-GELU, weights stored [in, out], q, k and v in one.</summary>
internal sealed class Gpt2Family : IModelFamily
{
    public IReadOnlyList<string> ModelTypes => ["gpt2"];

    public ModelDefinition Read(ConfigReader config)
    {
        int width = config.Int("n_embd", "hidden_size");
        int heads = config.Int("n_head", "num_attention_heads");
        int dim = CommonKeys.HeadDim(config, width, heads);

        // Only the order of roundings differs.
        config.Ignore("reorder_and_upcast_attn", "n_ctx");
        var spec = new DecoderSpec
        {
            Family = "gpt2",
            Layers = config.Int("n_layer", "num_hidden_layers"),
            ModelWidth = width,
            Heads = heads,
            KvHeads = heads,
            HeadDim = dim,
            FfnWidth = config.IntOr(4 * width, "n_inner")!.Value,
            Vocabulary = config.Int("vocab_size"),
            MaxPositions = config.IntOr(1024, "n_positions", "max_position_embeddings")!.Value,
            Activation = CommonKeys.Activation(config, config.Text("activation_function") ?? "gelu_new", "activation_function"),
            Norm = NormKind.Layer,
            NormEpsilon = (float)config.Number(1e-5, "layer_norm_epsilon"),
            AttentionScale = config.Flag("scale_attn_weights", fallback: true) ? (float)(1 / Math.Sqrt(dim)) : 1,
            ScaleByInverseLayer = config.Flag("scale_attn_by_inverse_layer_idx", fallback: false),
            Positions = PositionForm.Learned,
            TiedEmbeddings = config.Flag("tie_word_embeddings", fallback: true),
        };
        return new(spec, Sources(spec));
    }

    private static DecoderSources Sources(DecoderSpec spec)
    {
        var fused = FusedRows.Contiguous(spec.ModelWidth, spec.ModelWidth, spec.ModelWidth);
        return new DecoderSources
        {
            BasePrefix = "transformer.",
            Embedding = "transformer.wte.weight",
            Positions = "transformer.wpe.weight",
            FinalNorm = Norm("transformer.ln_f"),
            Unembedding = spec.TiedEmbeddings ? null : new("lm_head.weight"),
            Layer = i =>
            {
                string at = $"transformer.h.{i}.";
                LinearSource Linear(string name, RowSelection? rows = null) => new($"{at}{name}.weight", $"{at}{name}.bias", rows, Transposed: true);
                return new LayerSources
                {
                    AttnNorm = Norm($"{at}ln_1"),
                    FfnNorm = Norm($"{at}ln_2"),
                    Q = Linear("attn.c_attn", fused[0]),
                    K = Linear("attn.c_attn", fused[1]),
                    V = Linear("attn.c_attn", fused[2]),
                    O = Linear("attn.c_proj"),
                    Up = Linear("mlp.c_fc"),
                    Down = Linear("mlp.c_proj"),
                };
            },
            Unused = [".attn.bias", ".attn.masked_bias"],
        };
    }

    private static NormSource Norm(string name) => new($"{name}.weight", $"{name}.bias");
}

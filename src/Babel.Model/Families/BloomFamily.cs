using Babel.Kernels;

namespace Babel.Model.Families;

/// <summary>BLOOM and BLOOMZ (arXiv 2211.05100): ALiBi, a norm after the embedding, fused q/k/v by head, tanh-GELU, biases throughout.</summary>
internal sealed class BloomFamily : IModelFamily
{
    public IReadOnlyList<string> ModelTypes => ["bloom"];

    public ModelDefinition Read(ConfigReader config)
    {
        int width = config.Int("n_embed", "hidden_size");
        int heads = config.Int("n_head", "num_attention_heads");
        int inner = config.IntOr(4 * width, "n_inner")!.Value;
        if (inner != 4 * width) throw config.Unsupported("n_inner", $"{4 * width} (4 D)", $"{inner}", "BLOOM's FFN is four times as wide as the model");

        // Speed and rounding of the training code; offset_alibi and seq_length were read by nobody.
        config.Ignore(
            "attention_softmax_in_fp32", "bias_dropout_fusion", "masked_softmax_fusion", "skip_bias_add", "skip_bias_add_qkv", "slow_but_exact", "offset_alibi", "n_positions");
        var spec = new DecoderSpec
        {
            Family = "bloom",
            Layers = config.Int("n_layer", "num_hidden_layers"),
            ModelWidth = width,
            Heads = heads,
            KvHeads = heads,
            HeadDim = CommonKeys.HeadDim(config, width, heads),
            FfnWidth = inner,
            Vocabulary = config.Int("vocab_size"),
            MaxPositions = config.IntOr(2048, "seq_length")!.Value,
            Activation = new(ActivationKind.GeluTanh),
            Norm = NormKind.Layer,
            NormEpsilon = (float)config.Number(1e-5, "layer_norm_epsilon"),
            Residual = config.Flag("apply_residual_connection_post_layernorm", fallback: false) ? ResidualForm.NormedResidual : ResidualForm.PreNorm,
            EmbeddingNorm = true,
            Positions = PositionForm.Alibi,
            PositionsFromMask = true,
            TiedEmbeddings = config.Flag("tie_word_embeddings", fallback: true),
        };
        return new(spec, Sources(spec));
    }

    private static DecoderSources Sources(DecoderSpec spec)
    {
        var fused = FusedRows.Grouped(spec.Heads, 1, spec.HeadDim);
        return new DecoderSources
        {
            BasePrefix = "transformer.",
            Embedding = "transformer.word_embeddings.weight",
            EmbeddingNorm = Norm("transformer.word_embeddings_layernorm"),
            FinalNorm = Norm("transformer.ln_f"),
            Unembedding = spec.TiedEmbeddings ? null : new("lm_head.weight"),
            Layer = i =>
            {
                string at = $"transformer.h.{i}.";
                LinearSource Linear(string name, RowSelection? rows = null) => new($"{at}{name}.weight", $"{at}{name}.bias", rows);
                return new LayerSources
                {
                    AttnNorm = Norm($"{at}input_layernorm"),
                    FfnNorm = Norm($"{at}post_attention_layernorm"),
                    Q = Linear("self_attention.query_key_value", fused[0]),
                    K = Linear("self_attention.query_key_value", fused[1]),
                    V = Linear("self_attention.query_key_value", fused[2]),
                    O = Linear("self_attention.dense"),
                    Up = Linear("mlp.dense_h_to_4h"),
                    Down = Linear("mlp.dense_4h_to_h"),
                };
            },
        };
    }

    private static NormSource Norm(string name) => new($"{name}.weight", $"{name}.bias");
}

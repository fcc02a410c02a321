using Babel.Kernels;

namespace Babel.Model.Families;

/// <summary>
/// Falcon (arXiv 2311.16867): 7b (one key/value head, one norm, parallel), 40b and later (grouped heads, one or two norms, parallel), and falcon-rw
/// (sequential, ALiBi rounded to BF16 and scaled).
/// </summary>
internal sealed class FalconFamily : IModelFamily
{
    public IReadOnlyList<string> ModelTypes => ["falcon"];

    public ModelDefinition Read(ConfigReader config)
    {
        int width = config.Int("hidden_size", "n_embed");
        int heads = config.Int("num_attention_heads", "n_head");
        int dim = CommonKeys.HeadDim(config, width, heads);
        int positions = config.IntOr(2048, "max_position_embeddings")!.Value;
        bool grouped = config.Flag("new_decoder_architecture", fallback: false);
        bool single = config.Flag("multi_query", fallback: true);
        bool parallel = config.Flag("parallel_attn", fallback: true);
        bool alibi = config.Flag("alibi", fallback: false);
        int kvHeads = config.IntOr(heads, "num_kv_heads", "n_head_kv")!.Value;
        int norms = config.IntOr(grouped ? 2 : 1, "num_ln_in_parallel_attn")!.Value;
        if (grouped && !parallel) throw config.Unsupported("parallel_attn", "true", "false", "new_decoder_architecture is parallel in every released model");
        if (norms > (grouped ? 2 : 1)) throw config.Unsupported("num_ln_in_parallel_attn", grouped ? "1 or 2" : "1", $"{norms}", "no released model has more");
        config.Require("apply_residual_connection_post_layernorm", value: false, "no released Falcon has it, and public code ignores it");
        var rope = RopeConfig.Read(config, dim, positions);
        var spec = new DecoderSpec
        {
            Family = "falcon",
            Layers = config.Int("num_hidden_layers", "n_layer"),
            ModelWidth = width,
            Heads = heads,
            KvHeads = grouped ? kvHeads : single ? 1 : heads,
            HeadDim = dim,
            FfnWidth = config.IntOr(4 * width, "ffn_hidden_size")!.Value,
            Vocabulary = config.Int("vocab_size"),
            MaxPositions = positions,
            Activation = CommonKeys.Activation(config, config.Text("activation") ?? "gelu", "activation"),
            Norm = NormKind.Layer,
            NormEpsilon = (float)config.Number(1e-5, "layer_norm_epsilon"),
            Residual = !parallel ? ResidualForm.PreNorm : norms == 2 ? ResidualForm.ParallelTwoNorms : ResidualForm.ParallelSharedNorm,
            Positions = alibi ? PositionForm.Alibi : PositionForm.Rotary,
            AlibiRoundedAndScaled = alibi,
            PositionsFromMask = alibi,
            Rope = alibi ? null : rope,
            TiedEmbeddings = config.Flag("tie_word_embeddings", fallback: true),
        };
        return new(spec, Sources(spec, config.Flag("bias", fallback: false), grouped));
    }

    private static DecoderSources Sources(DecoderSpec spec, bool bias, bool grouped)
    {
        // One shared key/value head comes after all queries; otherwise every key/value head follows its own queries.
        var fused = spec.KvHeads == 1 && !grouped
            ? FusedRows.Contiguous(spec.QueryWidth, spec.HeadDim, spec.HeadDim)
            : FusedRows.Grouped(spec.KvHeads, spec.Heads / spec.KvHeads, spec.HeadDim);
        return new DecoderSources
        {
            BasePrefix = "transformer.",
            Embedding = "transformer.word_embeddings.weight",
            FinalNorm = Norm("transformer.ln_f"),
            Unembedding = spec.TiedEmbeddings ? null : new("lm_head.weight"),
            Layer = i => Layer($"transformer.h.{i}.", spec, fused, bias),
            Unused = ["rotary_emb.inv_freq", "maybe_rotary.inv_freq"],
        };
    }

    private static LayerSources Layer(string at, DecoderSpec spec, RowSelection[] fused, bool bias)
    {
        LinearSource Linear(string name, RowSelection? rows = null) => new($"{at}{name}.weight", bias ? $"{at}{name}.bias" : null, rows);
        bool two = spec.Residual == ResidualForm.ParallelTwoNorms;
        return new LayerSources
        {
            AttnNorm = Norm(two ? $"{at}ln_attn" : $"{at}input_layernorm"),
            FfnNorm = two ? Norm($"{at}ln_mlp") : spec.IsParallel ? null : Norm($"{at}post_attention_layernorm"),
            Q = Linear("self_attention.query_key_value", fused[0]),
            K = Linear("self_attention.query_key_value", fused[1]),
            V = Linear("self_attention.query_key_value", fused[2]),
            O = Linear("self_attention.dense"),
            Up = Linear("mlp.dense_h_to_4h"),
            Down = Linear("mlp.dense_4h_to_h"),
        };
    }

    private static NormSource Norm(string name) => new($"{name}.weight", $"{name}.bias");
}

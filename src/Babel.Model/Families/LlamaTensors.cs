namespace Babel.Model.Families;

/// <summary>The tensor names LLaMA began and its relatives (Mistral, Qwen, Gemma) kept.</summary>
internal static class LlamaTensors
{
    public static DecoderSources Sources(bool tied, Func<int, LayerSources> layer) => new()
    {
        BasePrefix = "model.",
        Embedding = "model.embed_tokens.weight",
        FinalNorm = new("model.norm.weight"),
        Unembedding = tied ? null : new("lm_head.weight"),
        Layer = layer,
        Unused = ["rotary_emb.inv_freq"],
    };

    public static LayerSources Layer(int i, bool qkvBias = false, bool outBias = false, bool ffnBias = false, bool headNorm = false)
    {
        string at = $"model.layers.{i}.";
        LinearSource Linear(string name, bool bias) => new($"{at}{name}.weight", bias ? $"{at}{name}.bias" : null);
        return new LayerSources
        {
            AttnNorm = new($"{at}input_layernorm.weight"),
            FfnNorm = new($"{at}post_attention_layernorm.weight"),
            QNorm = headNorm ? new($"{at}self_attn.q_norm.weight") : null,
            KNorm = headNorm ? new($"{at}self_attn.k_norm.weight") : null,
            Q = Linear("self_attn.q_proj", qkvBias),
            K = Linear("self_attn.k_proj", qkvBias),
            V = Linear("self_attn.v_proj", qkvBias),
            O = Linear("self_attn.o_proj", outBias),
            Gate = Linear("mlp.gate_proj", ffnBias),
            Up = Linear("mlp.up_proj", ffnBias),
            Down = Linear("mlp.down_proj", ffnBias),
        };
    }

    /// <summary>What the configurations of these families have in common; the rest is set by <c>with</c>.</summary>
    public static DecoderSpec Spec(
        ConfigReader config, string family, bool tiedByDefault = false, int? kvHeads = null, int? headDim = null, int maxPositions = 2048, double epsilon = 1e-6)
    {
        int width = config.Int("hidden_size");
        int heads = config.Int("num_attention_heads");
        int dim = config.IntOr(headDim, "head_dim") ?? CommonKeys.HeadDim(config, width, heads);
        int positions = config.IntOr(maxPositions, "max_position_embeddings")!.Value;
        return new DecoderSpec
        {
            Family = family,
            Layers = config.Int("num_hidden_layers"),
            ModelWidth = width,
            Heads = heads,
            KvHeads = config.IntOr(config.IsNull("num_key_value_heads") ? null : kvHeads, "num_key_value_heads") ?? heads,
            HeadDim = dim,
            FfnWidth = config.Int("intermediate_size"),
            Vocabulary = config.Int("vocab_size"),
            MaxPositions = positions,
            GatedFfn = true,
            Norm = Kernels.NormKind.Rms,
            NormEpsilon = (float)config.Number(epsilon, "rms_norm_eps"),
            Rope = RopeConfig.Read(config, dim, positions),
            TiedEmbeddings = config.Flag("tie_word_embeddings", tiedByDefault),
        };
    }
}

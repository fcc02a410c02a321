using Babel.Kernels;

namespace Babel.Model.Families;

/// <summary>Phi 1, 1.5 and 2 (arXiv 2306.11644, 2309.05463): attention and FFN in parallel from one norm, partial rotation, biases throughout, lm_head included.</summary>
internal sealed class PhiFamily : IModelFamily
{
    public IReadOnlyList<string> ModelTypes => ["phi"];

    public ModelDefinition Read(ConfigReader config)
    {
        int width = config.Int("hidden_size");
        int heads = config.Int("num_attention_heads");
        int dim = CommonKeys.HeadDim(config, width, heads);
        int positions = config.IntOr(2048, "max_position_embeddings")!.Value;
        config.Require("qk_layernorm", value: false, "layer norms on query and key heads are not implemented");
        var spec = new DecoderSpec
        {
            Family = "phi",
            Layers = config.Int("num_hidden_layers"),
            ModelWidth = width,
            Heads = heads,
            KvHeads = config.IntOr(heads, "num_key_value_heads")!.Value,
            HeadDim = dim,
            FfnWidth = config.Int("intermediate_size"),
            Vocabulary = config.Int("vocab_size"),
            MaxPositions = positions,
            Activation = CommonKeys.Activation(config, config.Text("hidden_act") ?? "gelu_new", "hidden_act"),
            Norm = NormKind.Layer,
            NormEpsilon = (float)config.Number(1e-5, "layer_norm_eps"),
            Residual = ResidualForm.ParallelSharedNorm,
            Rope = RopeConfig.Read(config, dim, positions, 0.5),
            TiedEmbeddings = config.Flag("tie_word_embeddings", fallback: false),
        };
        return new(spec, new DecoderSources
        {
            BasePrefix = "model.",
            Embedding = "model.embed_tokens.weight",
            FinalNorm = Norm("model.final_layernorm"),
            Unembedding = new(spec.TiedEmbeddings ? "model.embed_tokens.weight" : "lm_head.weight", "lm_head.bias"),
            Layer = Layer,
            Unused = ["rotary_emb.inv_freq"],
        });
    }

    private static LayerSources Layer(int i)
    {
        string at = $"model.layers.{i}.";
        LinearSource Linear(string name) => new($"{at}{name}.weight", $"{at}{name}.bias");
        return new LayerSources
        {
            AttnNorm = Norm($"{at}input_layernorm"),
            Q = Linear("self_attn.q_proj"),
            K = Linear("self_attn.k_proj"),
            V = Linear("self_attn.v_proj"),
            O = Linear("self_attn.dense"),
            Up = Linear("mlp.fc1"),
            Down = Linear("mlp.fc2"),
        };
    }

    private static NormSource Norm(string name) => new($"{name}.weight", $"{name}.bias");
}

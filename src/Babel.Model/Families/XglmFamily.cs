using Babel.Kernels;

namespace Babel.Model.Families;

/// <summary>XGLM (Lin et al. 2022, arXiv 2112.10668): sinusoidal positions with an offset of 2, scaled embeddings, exact GELU.</summary>
internal sealed class XglmFamily : IModelFamily
{
    public IReadOnlyList<string> ModelTypes => ["xglm"];

    public ModelDefinition Read(ConfigReader config)
    {
        int width = config.Int("d_model", "hidden_size");
        int heads = config.Int("attention_heads", "num_attention_heads");
        var spec = new DecoderSpec
        {
            Family = "xglm",
            Layers = config.Int("num_layers", "num_hidden_layers"),
            ModelWidth = width,
            Heads = heads,
            KvHeads = heads,
            HeadDim = CommonKeys.HeadDim(config, width, heads),
            FfnWidth = config.Int("ffn_dim"),
            Vocabulary = config.Int("vocab_size"),
            MaxPositions = config.IntOr(2048, "max_position_embeddings")!.Value,
            Activation = CommonKeys.Activation(config, config.Text("activation_function") ?? "gelu", "activation_function"),
            Norm = NormKind.Layer,
            EmbeddingScale = config.Flag("scale_embedding", fallback: true) ? (float)Math.Sqrt(width) : 1,
            Positions = PositionForm.Sinusoidal,
            PositionOffset = 2,
            TiedEmbeddings = config.Flag("tie_word_embeddings", fallback: true),
        };
        return new(spec, new DecoderSources
        {
            BasePrefix = "model.",
            Embedding = "model.embed_tokens.weight",
            FinalNorm = FairseqTensors.Norm("model.layer_norm"),
            Unembedding = spec.TiedEmbeddings ? null : new("lm_head.weight"),
            Layer = i => FairseqTensors.Layer($"model.layers.{i}."),
            Unused = ["embed_positions.weights", "embed_positions._float_tensor"],
        });
    }
}

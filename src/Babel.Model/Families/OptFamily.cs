using Babel.Kernels;

namespace Babel.Model.Families;

/// <summary>
/// OPT (Zhang et al. 2022, arXiv 2205.01068): learned positions with an offset of 2, ReLU. The 350m model is post-norm, has no final norm, and
/// projects between a narrow embedding and the blocks.
/// </summary>
internal sealed class OptFamily : IModelFamily
{
    public IReadOnlyList<string> ModelTypes => ["opt"];

    public ModelDefinition Read(ConfigReader config)
    {
        config.Require("learned_embeddings", value: true, "sinusoidal positions are not implemented for OPT");
        config.Require("scale_embeddings", value: false, "scaled embeddings are not implemented for OPT");
        int width = config.Int("hidden_size");
        int heads = config.Int("num_attention_heads");
        bool preNorm = config.Flag("do_layer_norm_before", fallback: true);
        bool finalNorm = !config.Flag("_remove_final_layer_norm", fallback: false);
        bool bias = config.Flag("enable_bias", fallback: true);
        bool affine = config.Flag("layer_norm_elementwise_affine", fallback: true);
        var spec = new DecoderSpec
        {
            Family = "opt",
            Layers = config.Int("num_hidden_layers"),
            ModelWidth = width,
            Heads = heads,
            KvHeads = heads,
            HeadDim = CommonKeys.HeadDim(config, width, heads),
            FfnWidth = config.Int("ffn_dim"),
            Vocabulary = config.Int("vocab_size"),
            MaxPositions = config.IntOr(2048, "max_position_embeddings")!.Value,
            Activation = CommonKeys.Activation(config, config.Text("activation_function") ?? "relu", "activation_function"),
            Norm = NormKind.Layer,
            Residual = preNorm ? ResidualForm.PreNorm : ResidualForm.PostNorm,
            FinalNorm = preNorm && finalNorm,
            EmbeddingWidth = config.IntOr(width, "word_embed_proj_dim")!.Value,
            Positions = PositionForm.Learned,
            PositionOffset = 2,
            PositionsFromMask = true,
            TiedEmbeddings = config.Flag("tie_word_embeddings", fallback: true),
        };
        bool projected = spec.EmbeddingWidth != width;
        return new(spec, new DecoderSources
        {
            BasePrefix = "model.",
            Embedding = "model.decoder.embed_tokens.weight",
            Positions = "model.decoder.embed_positions.weight",
            ProjectIn = projected ? new("model.decoder.project_in.weight") : null,
            ProjectOut = projected ? new("model.decoder.project_out.weight") : null,
            FinalNorm = spec.FinalNorm ? FairseqTensors.Norm("model.decoder.final_layer_norm", affine) : null,
            Unembedding = spec.TiedEmbeddings ? null : new("lm_head.weight"),
            Layer = i => FairseqTensors.Layer($"model.decoder.layers.{i}.", bias, affine),
            Unused = ["decoder.version"],
        });
    }
}

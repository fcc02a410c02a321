using Babel.Kernels;

namespace Babel.Model.Families;

/// <summary>
/// Gemma (arXiv 2403.08295): LLaMA with norms of 1 + w, scaled embeddings and a tanh-GELU gate. Gemma 2 (arXiv 2408.00118): soft caps, a window
/// on every other layer, norms on outputs too.
/// </summary>
internal sealed class GemmaFamily : IModelFamily
{
    public IReadOnlyList<string> ModelTypes => ["gemma", "gemma2"];

    public ModelDefinition Read(ConfigReader config)
    {
        bool second = config.Text("model_type") == "gemma2";
        var spec = LlamaTensors.Spec(
            config, second ? "gemma2" : "gemma", tiedByDefault: true, kvHeads: second ? 4 : 16, headDim: 256, maxPositions: 8192);
        bool attention = config.Flag("attention_bias", fallback: false);

        // The released code reads hidden_activation only, and takes the tanh form when it is null: "hidden_act": "gelu" of the first
        // Gemma files means tanh too.
        config.Ignore("hidden_act");
        string name = config.Text("hidden_activation") ?? "gelu_pytorch_tanh";
        spec = spec with
        {
            Activation = CommonKeys.Activation(config, name, "hidden_activation"),
            NormPlusOne = true,
            EmbeddingScale = (float)Math.Sqrt(spec.ModelWidth),
        };
        if (second) spec = Second(config, spec);
        return new(spec, LlamaTensors.Sources(spec.TiedEmbeddings, i => second ? Sandwich(i, attention) : LlamaTensors.Layer(i, attention, attention)));
    }

    private static DecoderSpec Second(ConfigReader config, DecoderSpec spec)
    {
        config.Require("use_bidirectional_attention", value: false, "only causal attention is supported");
        int? window = config.IntOr(config.IsNull("sliding_window") ? null : 4096, "sliding_window", "sliding_window_size");
        double Cap(string name, double fallback) => config.NumberOrNull(name) ?? (config.IsNull(name) ? 0 : fallback);
        return spec with
        {
            Residual = ResidualForm.Sandwich,
            AttentionScale = (float)(1 / Math.Sqrt(config.Number(256, "query_pre_attn_scalar"))),
            ScoreSoftCap = (float)Cap("attn_logit_softcapping", 50),
            LogitSoftCap = (float)Cap("final_logit_softcapping", 30),
            Windows = CommonKeys.Windows(config, spec.Layers, window, i => i % 2 == 0),
        };
    }

    private static LayerSources Sandwich(int i, bool attention)
    {
        string at = $"model.layers.{i}.";
        return LlamaTensors.Layer(i, attention, attention) with
        {
            AttnPostNorm = new($"{at}post_attention_layernorm.weight"),
            FfnNorm = new($"{at}pre_feedforward_layernorm.weight"),
            FfnPostNorm = new($"{at}post_feedforward_layernorm.weight"),
        };
    }
}

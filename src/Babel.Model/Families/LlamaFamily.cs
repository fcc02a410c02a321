namespace Babel.Model.Families;

/// <summary>LLaMA 1, 2 and 3 (Touvron et al. 2023, arXiv 2302.13971 and 2307.09288; arXiv 2407.21783) and their many children.</summary>
internal sealed class LlamaFamily : IModelFamily
{
    public IReadOnlyList<string> ModelTypes => ["llama"];

    public ModelDefinition Read(ConfigReader config)
    {
        // SmolLM's files say these; the first is bookkeeping.
        config.Ignore("is_llama_config");
        config.Require("rope_interleaved", value: false, "interleaved rotation is not implemented");
        bool attention = config.Flag("attention_bias", fallback: false);
        bool ffn = config.Flag("mlp_bias", fallback: false);
        var spec = LlamaTensors.Spec(config, "llama") with
        {
            Activation = CommonKeys.Activation(config, config.Text("hidden_act") ?? "silu", "hidden_act"),
        };
        return new(spec, LlamaTensors.Sources(spec.TiedEmbeddings, i => LlamaTensors.Layer(i, attention, attention, ffn)));
    }
}

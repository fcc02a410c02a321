namespace Babel.Model.Families;

/// <summary>Mistral (Jiang et al. 2023, arXiv 2310.06825): LLaMA with grouped queries and, in v0.1, a sliding window.</summary>
internal sealed class MistralFamily : IModelFamily
{
    public IReadOnlyList<string> ModelTypes => ["mistral"];

    public ModelDefinition Read(ConfigReader config)
    {
        var spec = LlamaTensors.Spec(config, "mistral", kvHeads: 8, maxPositions: 4096 * 32);
        int? window = config.IntOr(config.IsNull("sliding_window") ? null : 4096, "sliding_window");
        spec = spec with
        {
            Activation = CommonKeys.Activation(config, config.Text("hidden_act") ?? "silu", "hidden_act"),
            Windows = CommonKeys.Windows(config, spec.Layers, window, _ => true),
        };
        return new(spec, LlamaTensors.Sources(spec.TiedEmbeddings, i => LlamaTensors.Layer(i)));
    }
}

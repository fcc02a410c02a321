namespace Babel.Model.Families;

/// <summary>
/// Qwen 2 and 2.5 (arXiv 2407.10671, 2412.15115): LLaMA with biases on q, k and v. Qwen 3 (arXiv 2505.09388): without them, with an RMS norm on
/// every query and key head.
/// </summary>
internal sealed class QwenFamily : IModelFamily
{
    public IReadOnlyList<string> ModelTypes => ["qwen2", "qwen3"];

    public ModelDefinition Read(ConfigReader config)
    {
        config.Require("use_mrope", value: false, "rotation in several dimensions is not implemented");
        bool third = config.Text("model_type") == "qwen3";
        var spec = LlamaTensors.Spec(config, third ? "qwen3" : "qwen2", kvHeads: 32, headDim: third ? 128 : null, maxPositions: 32768);
        bool attention = third && config.Flag("attention_bias", fallback: false);
        int? window = config.IntOr(4096, "sliding_window");
        bool windowed = config.Flag("use_sliding_window", fallback: false);
        int firstWindow = config.Id("max_window_layers") ?? 28;
        spec = spec with
        {
            Activation = CommonKeys.Activation(config, config.Text("hidden_act") ?? "silu", "hidden_act"),
            HeadNorm = third,
            Windows = CommonKeys.Windows(config, spec.Layers, windowed && !config.IsNull("sliding_window") ? window : null, i => i >= firstWindow),
        };
        return new(
            spec,
            LlamaTensors.Sources(spec.TiedEmbeddings, i => LlamaTensors.Layer(i, qkvBias: !third || attention, outBias: attention, headNorm: third)));
    }
}

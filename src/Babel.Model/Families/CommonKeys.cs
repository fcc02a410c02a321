using Babel.Kernels;
using Babel.Model.Errors;

namespace Babel.Model.Families;

/// <summary>Keys every configuration may have, and values several families share.</summary>
internal static class CommonKeys
{
    /// <summary>Bookkeeping, training and generation defaults: they do not touch the forward pass.</summary>
    private static readonly string[] s_bookkeeping =
    [
        "_attn_implementation", "_attn_implementation_autoset", "_commit_hash", "_flash_attn_2_enabled", "_name_or_path", "_num_labels",
        "activation_dropout", "architectures", "attention_dropout", "attention_probs_dropout_prob", "attn_implementation", "attn_pdrop", "auto_map",
        "bad_words_ids", "begin_suppress_tokens", "cache_implementation", "chunk_size_feed_forward", "classifier_dropout",
        "cross_attention_hidden_size", "custom_pipelines", "decoder_start_token_id", "diversity_penalty", "do_sample", "dropout",
        "dtype", "early_stopping", "embd_pdrop", "encoder_no_repeat_ngram_size", "exponential_decay_length_penalty",
        "finetuning_task", "forced_bos_token_id", "forced_eos_token_id", "gradient_checkpointing", "hidden_dropout", "hidden_dropout_prob", "id2label",
        "init_std", "initializer_range", "is_decoder", "keys_to_ignore_at_inference", "label2id", "layerdrop", "length_penalty",
        "max_length", "max_sequence_length", "min_length", "mlp_dropout", "model_type", "n_special", "neftune_noise_alpha", "no_repeat_ngram_size", "num_beam_groups",
        "num_beams", "num_labels", "num_return_sequences", "output_attentions", "output_hidden_states", "output_past", "output_scores",
        "pad_token_id", "predict_special_tokens", "prefix", "pretraining_tp", "problem_type", "remove_invalid_values", "repetition_penalty", "resid_pdrop",
        "return_dict", "return_dict_in_generate", "sep_token_id", "suppress_tokens", "task_specific_params", "temperature",
        "tf_legacy_loss", "tie_encoder_decoder", "tokenizer_class", "top_k", "top_p", "torch_dtype", "torchscript",
        "transformers_version", "typical_p", "unk_token_id", "unsloth_fixed", "unsloth_version", "use_bfloat16", "use_cache",
        "summary_activation", "summary_first_dropout", "summary_hidden_size", "summary_proj_to_labels", "summary_type", "summary_use_proj",
    ];

    /// <summary>Reads past the bookkeeping, and refuses what no family has.</summary>
    public static void Read(ConfigReader config)
    {
        config.Ignore(s_bookkeeping);
        config.Require("is_encoder_decoder", value: false, "only decoders are supported");
        config.Require("add_cross_attention", value: false, "only decoders without cross attention are supported");
        foreach (string key in (string[])["quantization_config", "compression_config"])
        {
            if (config.Section(key) is { } section)
            {
                string method = section.Text("quant_method") ?? "unnamed method";
                throw config.Unsupported(key, "absent", $"a checkpoint quantised by {method}", "take the unquantised checkpoint (F32, F16 or BF16)");
            }
        }

        if (config.Section("pruned_heads") is { } pruned) pruned.Finish("pruned heads");
    }

    /// <summary>An activation by its name in configurations.</summary>
    public static Activation Activation(ConfigReader config, string? name, string key) => new(name switch
    {
        "relu" => ActivationKind.Relu,
        "silu" or "swish" => ActivationKind.Silu,
        "gelu" or "gelu_python" => ActivationKind.GeluErf,
        "gelu_new" or "gelu_pytorch_tanh" or "gelu_fast" or "gelu_python_tanh" => ActivationKind.GeluTanh,
        _ => throw config.Unsupported(key, "relu, silu, gelu, gelu_new, gelu_pytorch_tanh or gelu_fast", name ?? "null", "this activation is not implemented"),
    });

    /// <summary>The length of a head where it is not given: D / H.</summary>
    public static int HeadDim(ConfigReader config, int modelWidth, int heads) => modelWidth % heads == 0
        ? modelWidth / heads
        : throw new ModelFormatException("the heads do not divide the width of the model", config.Path, $"a multiple of {heads}", $"{modelWidth}");

    /// <summary>
    /// Windows by layer: from <c>layer_types</c> where it is given, else <paramref name="windowed"/> decides; a window of null is none.
    /// </summary>
    public static IReadOnlyList<int> Windows(ConfigReader config, int layers, int? window, Func<int, bool> windowed)
    {
        var types = config.Texts("layer_types");
        if (types is not null && types.Count != layers)
            throw new ModelFormatException("layer_types does not name every layer", config.Path, $"{layers} entries", $"{types.Count}");
        string? other = types?.FirstOrDefault(t => t is not ("full_attention" or "sliding_attention"));
        if (other is not null) throw config.Unsupported("layer_types", "full_attention or sliding_attention", other, "this kind of layer is not implemented");
        bool Has(int layer) => types is null ? windowed(layer) : types[layer] == "sliding_attention";
        if (window is null || !Enumerable.Range(0, layers).Any(Has)) return [];
        return [.. Enumerable.Range(0, layers).Select(i => Has(i) ? window.Value : 0)];
    }
}

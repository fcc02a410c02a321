using System.Text.Json;
using Babel.Model.Errors;
using Babel.Model.Families;

namespace Babel.Model.RandomModels;

/// <summary>The <c>config.json</c> of a shape, in the keys its family uses.</summary>
internal static class RandomConfig
{
    private static readonly Keys s_llama = new(
        "hidden_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads", "head_dim", "intermediate_size", "max_position_embeddings");

    private static readonly Dictionary<string, Keys> s_families = new(StringComparer.Ordinal)
    {
        ["llama"] = s_llama,
        ["mistral"] = s_llama with { Window = "sliding_window" },
        ["qwen2"] = s_llama,
        ["qwen3"] = s_llama,
        ["gemma"] = s_llama,
        ["gemma2"] = s_llama with { Window = "sliding_window" },
        ["phi"] = s_llama with { HeadDim = null },
        ["gpt_neox"] = s_llama with { KvHeads = null, HeadDim = null },
        ["falcon"] = s_llama with { KvHeads = "num_kv_heads", HeadDim = null, FfnWidth = "ffn_hidden_size", Flags = ["new_decoder_architecture"] },
        ["opt"] = s_llama with { KvHeads = null, HeadDim = null, FfnWidth = "ffn_dim" },
        ["xglm"] = new("d_model", "num_layers", "attention_heads", null, null, "ffn_dim", "max_position_embeddings"),
        ["gpt2"] = new("n_embd", "n_layer", "n_head", null, null, "n_inner", "n_positions"),
        ["bloom"] = new("hidden_size", "n_layer", "n_head", null, null, "n_inner", "seq_length"),
    };

    /// <summary>Families a shape may name.</summary>
    public static IReadOnlyCollection<string> Families => s_families.Keys;

    /// <summary>Writes <c>config.json</c> into <paramref name="folder"/>.</summary>
    /// <exception cref="ModelInputException">There is no such family, or it cannot have these sizes.</exception>
    public static ModelDefinition Write(string folder, RandomModelShape shape)
    {
        var (definition, config) = Make(shape);
        File.WriteAllBytes(Path.Combine(folder, "config.json"), config);
        return definition;
    }

    /// <summary>The bytes of a shape's <c>config.json</c>, and what they mean to the reader of any model's.</summary>
    /// <exception cref="ModelInputException">There is no such family, or it cannot have these sizes.</exception>
    public static (ModelDefinition Model, byte[] Config) Make(RandomModelShape shape)
    {
        Check(shape);
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true })) Compose(json, shape, s_families[shape.Family]);
        byte[] config = stream.ToArray();
        using var parsed = JsonDocument.Parse(config);
        var definition = FamilyRegistry.Read($"the configuration of a random {shape.Family}", parsed.RootElement, generationEos: null);
        Compare(shape, definition.Spec);
        return (definition, config);
    }

    private static void Compose(Utf8JsonWriter json, RandomModelShape shape, Keys keys)
    {
        json.WriteStartObject();
        json.WriteString("model_type", shape.Family);
        foreach (var (name, value) in keys.Values(shape)) json.WriteNumber(name, value);
        if (keys.Window is { } window && shape.Window > 0) json.WriteNumber(window, shape.Window);
        else if (keys.Window is not null) json.WriteNull(keys.Window);
        foreach (string name in keys.Flags) json.WriteBoolean(name, value: true);
        json.WriteNumber("vocab_size", shape.Vocabulary);
        json.WriteString("torch_dtype", shape.Weights switch { Kernels.DType.F32 => "float32", Kernels.DType.F16 => "float16", _ => "bfloat16" });
        json.WriteEndObject();
    }

    private static void Check(RandomModelShape shape)
    {
        if (!s_families.ContainsKey(shape.Family))
            throw new ModelInputException("there is no such family", expected: string.Join(", ", s_families.Keys), found: shape.Family);
        if (shape.Weights is not (Kernels.DType.F32 or Kernels.DType.BF16 or Kernels.DType.F16))
            throw new ModelInputException("a random model cannot be stored in this type", expected: "F32, BF16 or F16", found: shape.Weights.ToString());
        if (shape.Window < 0 || (shape.Window > 0 && s_families[shape.Family].Window is null))
            throw new ModelInputException("the family has no such window", $"family {shape.Family}", "0, or a window of Mistral or Gemma 2", $"{shape.Window}");
        foreach (var (name, value) in s_llama.Values(shape).Append(("vocab_size", shape.Vocabulary)))
        {
            if (value < 1) throw new ModelInputException("a size is not positive", name, "at least 1", $"{value}");
        }
    }

    /// <summary>Families fix some sizes (BLOOM's FFN, GPT-2's key/value heads); a model of other sizes than those asked for would mislead.</summary>
    private static void Compare(RandomModelShape asked, DecoderSpec made)
    {
        foreach (var (name, want, have) in (ReadOnlySpan<(string, int, int)>)
        [
            ("key/value heads", asked.KvHeads, made.KvHeads), ("length of a head", asked.HeadDim, made.HeadDim), ("FFN width", asked.FfnWidth, made.FfnWidth),
        ])
        {
            if (want == have) continue;
            throw new ModelInputException($"the family cannot have this shape: {name}", $"family {asked.Family}", $"{have}", $"{want}");
        }
    }

    /// <summary>What a family calls its sizes; null for what it does not let one choose.</summary>
    private sealed record Keys(string Width, string Layers, string Heads, string? KvHeads, string? HeadDim, string? FfnWidth, string Positions)
    {
        public string? Window { get; init; }

        public string[] Flags { get; init; } = [];

        public IEnumerable<(string Name, int Value)> Values(RandomModelShape shape)
        {
            yield return (Width, shape.ModelWidth);
            yield return (Layers, shape.Layers);
            yield return (Heads, shape.Heads);
            if (KvHeads is not null) yield return (KvHeads, shape.KvHeads);
            if (HeadDim is not null) yield return (HeadDim, shape.HeadDim);
            if (FfnWidth is not null) yield return (FfnWidth, shape.FfnWidth);
            yield return (Positions, shape.MaxPositions);
        }
    }
}

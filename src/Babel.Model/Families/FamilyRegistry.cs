using System.Text.Json;
using Babel.Model.Errors;
using Babel.Model.Files;

namespace Babel.Model.Families;

/// <summary>The families, and the way from a model folder to a <see cref="ModelDefinition"/>.</summary>
internal static class FamilyRegistry
{
    private static readonly IModelFamily[] s_families =
    [
        new LlamaFamily(), new MistralFamily(), new QwenFamily(), new GemmaFamily(), new BloomFamily(), new OptFamily(), new XglmFamily(),
        new Gpt2Family(), new GptNeoxFamily(), new PhiFamily(), new FalconFamily(),
    ];

    /// <summary>Reads <c>config.json</c>, and the ids that end a text from <c>generation_config.json</c> where there is one.</summary>
    public static ModelDefinition Read(string folder)
    {
        string path = Path.Combine(folder, "config.json");
        using var json = JsonFile.Parse(path);
        return Read(path, json.RootElement, GenerationEos(folder));
    }

    /// <summary>Reads a configuration.</summary>
    /// <param name="path">What it is called in messages.</param>
    /// <param name="root">Its JSON.</param>
    /// <param name="generationEos">The ids that end a text where another file names them.</param>
    public static ModelDefinition Read(string path, JsonElement root, IReadOnlyList<int>? generationEos)
    {
        if (root.ValueKind != JsonValueKind.Object)
            throw new ModelFormatException("the configuration is no JSON object", path, "{...}", root.ValueKind.ToString());
        var config = new ConfigReader(path, root);
        string type = config.Text("model_type") ?? throw new ModelFormatException("the configuration lacks a key: model_type", path, "a model_type", "none");
        var family = s_families.FirstOrDefault(f => f.ModelTypes.Contains(type, StringComparer.Ordinal))
            ?? throw new UnsupportedModelException(
                "the model's family is not supported",
                path,
                string.Join(", ", s_families.SelectMany(f => f.ModelTypes)),
                $"model_type {type}",
                "a family is about 40 lines: docs/adding-a-model.md");
        CommonKeys.Read(config);
        var definition = family.Read(config);
        var eos = config.Ids("eos_token_id");
        int? bos = config.Id("bos_token_id");
        config.Finish(type);
        Check(path, definition.Spec);
        return definition with { Spec = definition.Spec with { BosId = bos, EosIds = generationEos ?? eos } };
    }

    private static IReadOnlyList<int>? GenerationEos(string folder)
    {
        string path = Path.Combine(folder, "generation_config.json");
        if (!File.Exists(path)) return null;
        using var json = JsonFile.Parse(path);
        if (json.RootElement.ValueKind != JsonValueKind.Object) return null;
        var ids = new ConfigReader(path, json.RootElement).Ids("eos_token_id");
        return ids.Count > 0 ? ids : null;
    }

    private static void Check(string path, DecoderSpec spec)
    {
        if (spec.Heads % spec.KvHeads != 0)
            throw new ModelFormatException("the key/value heads do not divide the heads", path, $"a divisor of {spec.Heads}", $"{spec.KvHeads}");
        if (spec.Rope is { } rope && (rope.Width < 2 || rope.Width % 2 != 0 || rope.Width > spec.HeadDim || rope.Theta <= 0))
        {
            throw new ModelFormatException(
                "the rotation does not fit the heads", path, $"an even width up to {spec.HeadDim} and a positive theta", $"width {rope.Width}, theta {rope.Theta}");
        }

        if (!(spec.NormEpsilon >= 0))
            throw new ModelFormatException("the epsilon of the norms is negative", path, "0 or more", $"{spec.NormEpsilon}");
    }
}

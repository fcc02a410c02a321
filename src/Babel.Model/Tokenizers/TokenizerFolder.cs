using System.Text.Json;
using Babel.Model.Errors;
using Babel.Model.Tokenizers.HuggingFace;

namespace Babel.Model.Tokenizers;

/// <summary>Finds a tokenizer's files in a model folder and reads the small ones.</summary>
internal static class TokenizerFolder
{
    public const string JsonName = "tokenizer.json";

    /// <summary>Names under which folders keep a SentencePiece model.</summary>
    private static readonly string[] ModelNames = ["tokenizer.model", "sentencepiece.bpe.model", "spiece.model"];

    public static string Find(string folder)
    {
        if (!Directory.Exists(folder)) throw new ModelNotFoundException("the model folder is not there", folder, "a folder", "none");
        if (FindOrNull(folder) is { } found) return found;
        var hint = File.Exists(Path.Combine(folder, "vocab.json"))
            ? "vocab.json and merges.txt alone do not say how text is cut; save the fast tokenizer to get tokenizer.json"
            : "copy the tokenizer files beside the weights";
        throw new ModelNotFoundException("a model folder has no tokenizer", folder, $"{JsonName} or {string.Join(", ", ModelNames)}", "none of them", hint);
    }

    public static string? FindOrNull(string folder) =>
        ModelNames.Prepend(JsonName).Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    public static SpecialTokenSettings ReadSettings(string folder)
    {
        var settings = SpecialTokenSettings.None;
        if (Open(folder, "config.json") is { } config)
        {
            using (config)
            {
                var root = Root(config, folder, "config.json");
                settings = settings with
                {
                    BosId = FirstId(root, "bos_token_id"),
                    EosId = FirstId(root, "eos_token_id"),
                    PadId = FirstId(root, "pad_token_id"),
                    ModelType = root.Optional("model_type")?.String(),
                };
            }
        }

        settings = WithTokens(settings, folder, "special_tokens_map.json");
        return WithTokens(settings, folder, "tokenizer_config.json");
    }

    // The later file wins: tokenizer_config.json over special_tokens_map.json.
    private static SpecialTokenSettings WithTokens(SpecialTokenSettings settings, string folder, string name)
    {
        if (Open(folder, name) is not { } document) return settings;
        using (document)
        {
            var root = Root(document, folder, name);
            return settings with
            {
                Bos = TokenText(root, "bos_token") ?? settings.Bos,
                Eos = TokenText(root, "eos_token") ?? settings.Eos,
                Pad = TokenText(root, "pad_token") ?? settings.Pad,
                Unk = TokenText(root, "unk_token") ?? settings.Unk,
                AddBos = root.Optional("add_bos_token")?.Bool() ?? settings.AddBos,
                AddEos = root.Optional("add_eos_token")?.Bool() ?? settings.AddEos,
                TokenizerClass = root.Optional("tokenizer_class")?.String() ?? settings.TokenizerClass,
            };
        }
    }

    private static JsonDocument? Open(string folder, string name)
    {
        var path = Path.Combine(folder, name);
        if (!File.Exists(path)) return null;
        try
        {
            return JsonDocument.Parse(File.ReadAllBytes(path));
        }
        catch (JsonException error)
        {
            throw new ModelFormatException("a model folder has a file that is not JSON", path, "JSON", error.Message, inner: error);
        }
    }

    private static JsonAt Root(JsonDocument document, string folder, string name) =>
        new JsonAt(document.RootElement, Path.Combine(folder, name), "$").Object();

    // "<s>" or {"content": "<s>", ...}
    private static string? TokenText(JsonAt root, string name)
    {
        if (root.Optional(name) is not { } token) return null;
        return token.Kind == JsonValueKind.Object ? token.Required("content").String() : token.String();
    }

    // 2 or [2, 3]
    private static int? FirstId(JsonAt root, string name)
    {
        if (root.Optional(name) is not { } id) return null;
        if (id.Kind != JsonValueKind.Array) return id.Int();
        foreach (var item in id.Items()) return item.Int();
        return null;
    }
}

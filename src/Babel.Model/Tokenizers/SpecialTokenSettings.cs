namespace Babel.Model.Tokenizers;

/// <summary>What a model folder says about special tokens beside the tokenizer itself.</summary>
internal sealed record SpecialTokenSettings
{
    public string? Bos { get; init; }

    public string? Eos { get; init; }

    public string? Pad { get; init; }

    public string? Unk { get; init; }

    /// <summary>Ids from config.json; used where no token text is given.</summary>
    public int? BosId { get; init; }

    public int? EosId { get; init; }

    public int? PadId { get; init; }

    public bool? AddBos { get; init; }

    public bool? AddEos { get; init; }

    /// <summary>tokenizer_class of tokenizer_config.json, or null.</summary>
    public string? TokenizerClass { get; init; }

    /// <summary>model_type of config.json, or null.</summary>
    public string? ModelType { get; init; }

    public static SpecialTokenSettings None { get; } = new();
}

using System.CommandLine;

namespace Babel.Cli.Commands;

/// <summary>Arguments and options that several commands have, worded once.</summary>
internal static class ModelOptions
{
    /// <summary>MODEL.</summary>
    public static Argument<string> Model() => new("MODEL")
    {
        Description = "A Hugging Face model folder, or org/name[@revision] from the local hub cache",
    };

    /// <summary>--corpus, required.</summary>
    public static Option<string> Corpus() => new("--corpus")
    {
        Description = "Folder, file or pattern: NAME.LANG.txt with one document a line, or JSONL with text and lang",
        HelpName = "path",
        Required = true,
    };

    /// <summary>--languages.</summary>
    public static Option<string?> Languages() => new("--languages")
    {
        Description = "Only these languages of the corpus, with commas between them",
        HelpName = "codes",
    };

    /// <summary>--ablate.</summary>
    public static Option<string?> Ablate() => new("--ablate")
    {
        Description = "Switch neurons off: a neurons.json#LANG, or {\"ablations\": {LAYER: {SITE: [indices]}}}",
        HelpName = "file[#set]",
    };

    /// <summary>--batch-tokens.</summary>
    public static Option<int> BatchTokens(int value) => new("--batch-tokens")
    {
        Description = "About how many tokens to run at once; results do not depend on it",
        HelpName = "n",
        DefaultValueFactory = _ => value,
    };

    /// <summary>Splits a list with commas; null stays null.</summary>
    public static IReadOnlyList<string>? Split(string? list) =>
        list?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}

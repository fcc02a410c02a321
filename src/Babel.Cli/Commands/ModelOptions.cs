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

    /// <summary>--ablate.</summary>
    public static Option<string?> Ablate() => new("--ablate")
    {
        Description = "Switch neurons off: a neurons.json#LANG, or {\"ablations\": {LAYER: {SITE: [indices]}}}",
        HelpName = "file[#set]",
    };

    /// <summary>Splits a list with commas; null stays null.</summary>
    public static IReadOnlyList<string>? Split(string? list) =>
        list?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}

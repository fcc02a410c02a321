using Babel.Cli.Options;
using Babel.Model;

namespace Babel.Cli.Inputs;

/// <summary>Parts from the command line: <c>ffn</c>, <c>attention</c>, <c>all</c>, or names with commas between.</summary>
internal static class NeuronParts
{
    /// <summary>The parts; null stays null.</summary>
    /// <exception cref="UsageException">No such part.</exception>
    public static IReadOnlyList<NeuronPart>? Parse(string? text) => text is null
        ? null
        : [.. text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).SelectMany(Named).Distinct().Order()];

    private static NeuronPart[] Named(string word) => word.ToLowerInvariant() switch
    {
        "all" => Enum.GetValues<NeuronPart>(),
        "ffn" => [NeuronPart.Up, NeuronPart.Gate, NeuronPart.Down],
        "attention" => [NeuronPart.Q, NeuronPart.K, NeuronPart.V, NeuronPart.O],
        _ when !char.IsDigit(word[0]) && Enum.TryParse<NeuronPart>(word, ignoreCase: true, out var part) => [part],
        _ => throw new UsageException($"--parts: there is no part '{word}'; there are all, ffn, attention, {string.Join(", ", Enum.GetNames<NeuronPart>())}"),
    };
}

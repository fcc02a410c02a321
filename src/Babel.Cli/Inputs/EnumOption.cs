using System.CommandLine;

namespace Babel.Cli.Inputs;

/// <summary>An option whose values are named on the command line by lower-case words, and checked while parsing.</summary>
internal static class EnumOption
{
    /// <summary>Makes the option.</summary>
    /// <param name="name">With its dashes.</param>
    /// <param name="description">For the help.</param>
    /// <param name="fallback">The word it has when it is not given.</param>
    /// <param name="words">What may be said, and what it means.</param>
    public static Option<T> Of<T>(string name, string description, string fallback, params (string Word, T Value)[] words)
    {
        T Find(string word) => words.First(w => w.Word == word).Value;
        var option = new Option<T>(name)
        {
            Description = $"{description}: {string.Join(", ", words.Select(w => w.Word))} [default: {fallback}]",
            HelpName = "word",
            CustomParser = result =>
            {
                string said = result.Tokens.Count > 0 ? result.Tokens[0].Value : fallback;
                if (Array.Exists(words, w => w.Word == said)) return Find(said);
                result.AddError($"{name}: '{said}' is none of {string.Join(", ", words.Select(w => w.Word))}");
                return default!;
            },
        };
        return option;
    }

    /// <summary>The value, or that of <paramref name="fallback"/> when the option was not given.</summary>
    public static T ValueOr<T>(this ParseResult result, Option<T> option, T fallback) =>
        result.GetResult(option) is { Implicit: false } ? result.GetValue(option)! : fallback;
}

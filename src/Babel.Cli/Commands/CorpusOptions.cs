using System.CommandLine;
using Babel.Cli.Inputs;
using Babel.Cli.Options;
using Babel.Model;

namespace Babel.Cli.Commands;

/// <summary>The options of every command that reads text.</summary>
internal sealed class CorpusOptions(bool required, int batchTokens, bool limited = true)
{
    private readonly Option<string?> _corpus = new("--corpus")
    {
        Description = "Folder, file or pattern: NAME.LANG.txt with one document a line, or JSONL with text and lang",
        HelpName = "path",
        Required = required,
    };

    private readonly Option<string?> _languages = new("--languages") { Description = "Only these languages, with commas between", HelpName = "codes" };
    private readonly Option<int?> _limit = new("--limit") { Description = "Only the first n lines of each language", HelpName = "n" };
    private readonly Option<int?> _context = new("--context") { Description = "Longest window in tokens, at most the model's [default: 4096, or the model's]", HelpName = "n" };
    private readonly Option<int> _batch = new("--batch-tokens")
    {
        Description = "About how many tokens run at once; results do not depend on it",
        HelpName = "n",
        DefaultValueFactory = _ => batchTokens,
    };

    private readonly Option<Schedule?> _schedule = EnumOption.Of<Schedule?>(
        "--schedule", "Keep all weights in memory (token), read them layer by layer (layer), or choose by memory; results are the same", "auto",
        ("auto", null), ("token", Schedule.Token), ("layer", Schedule.Layer));

    /// <summary>Adds them to a command.</summary>
    public void AddTo(Command command)
    {
        foreach (Option option in new Option[] { _corpus, _languages, _context, _batch, _schedule }) command.Options.Add(option);
        if (limited) command.Options.Add(_limit);
    }

    /// <summary>What they ask for.</summary>
    /// <param name="result">The parsed line.</param>
    /// <param name="fallback">The corpus where none is named.</param>
    /// <exception cref="UsageException">A number is out of range.</exception>
    public CorpusRequest Bind(ParseResult result, string? fallback = null) =>
        BindOptional(result, fallback ?? "") is { Path.Length: > 0 } request ? request : throw new UsageException("--corpus names the text to read");

    /// <summary>What they ask for; the path is <paramref name="fallback"/> where no text is named.</summary>
    /// <exception cref="UsageException">A number is out of range.</exception>
    public CorpusRequest BindOptional(ParseResult result, string fallback)
    {
        int? limit = limited ? result.GetValue(_limit) : null, context = result.GetValue(_context);
        int batch = result.GetValue(_batch);
        if (limit < 1) throw new UsageException("--limit is 1 or more");
        if (context < 2) throw new UsageException("--context is 2 or more");
        if (batch < 1) throw new UsageException("--batch-tokens is 1 or more");
        string path = result.GetValue(_corpus) ?? fallback;
        var languages = ModelOptions.Split(result.GetValue(_languages));
        if (languages is []) throw new UsageException("--languages names none");
        return new CorpusRequest(path, languages, limit, context, batch, result.ValueOr(_schedule, null));
    }
}

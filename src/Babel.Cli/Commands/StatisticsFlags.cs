using System.CommandLine;
using Babel.Analysis.Statistics;
using Babel.Cli.Inputs;

namespace Babel.Cli.Commands;

/// <summary>The options that say which statistics are taken.</summary>
internal sealed class StatisticsFlags
{
    private readonly Option<string?> _parts = new("--parts") { Description = "all, ffn, attention, or parts with commas between [default: all]", HelpName = "parts" };
    private readonly Option<ImportanceForms> _importance = Forms("--importance", "PLND importance of FFN, V and O neurons", "exact");
    private readonly Option<ImportanceForms> _qk = Forms("--qk-importance", "PLND importance of Q and K neurons, which costs more", "none");
    private readonly Option<bool> _noDocuments = new("--no-documents") { Description = "Keep no importance by document: smaller, but no selection by top K" };

    /// <summary>Adds them to a command.</summary>
    public void AddTo(Command command)
    {
        foreach (Option option in new Option[] { _parts, _importance, _qk, _noDocuments }) command.Options.Add(option);
    }

    /// <summary>What they ask for.</summary>
    public StatisticsOptions Bind(ParseResult result) => new()
    {
        Parts = NeuronParts.Parse(result.GetValue(_parts)) ?? StatisticsOptions.AllParts,
        Importance = result.ValueOr(_importance, ImportanceForms.Exact),
        QkImportance = result.ValueOr(_qk, ImportanceForms.None),
        KeepDocuments = !result.GetValue(_noDocuments),
    };

    private static Option<ImportanceForms> Forms(string name, string description, string fallback) => EnumOption.Of(
        name, description, fallback,
        ("none", ImportanceForms.None), ("exact", ImportanceForms.Exact), ("repo", ImportanceForms.Repo), ("both", ImportanceForms.Both));
}

using System.CommandLine;
using Babel.Analysis.Lape;
using Babel.Analysis.Plnd;
using Babel.Analysis.Selection;
using Babel.Analysis.Statistics;
using Babel.Cli.Inputs;
using Babel.Cli.Options;

namespace Babel.Cli.Commands;

/// <summary>The options of the selection rules, for <c>neurons</c> and <c>study</c>.</summary>
internal sealed class SelectionOptions(bool withMethod)
{
    private readonly Option<SelectionMethod> _method = EnumOption.Of(
        "--method", "How neurons are selected", "comparative",
        ("comparative", SelectionMethod.Comparative), ("plnd", SelectionMethod.Plnd), ("lape", SelectionMethod.Lape));

    private readonly Option<ComparativeRule> _rule = EnumOption.Of(
        "--rule", "Comparative: how the own share of active tokens is held against the others'", "margin-to-next",
        ("margin-to-next", ComparativeRule.MarginToNext), ("margin-to-mean", ComparativeRule.MarginToMean), ("z-score", ComparativeRule.ZScore));

    private readonly Option<double> _share = new("--share") { Description = "Comparative: largest share of all FFN neurons a set has", HelpName = "p", DefaultValueFactory = _ => 0.02 };
    private readonly Option<ImportanceForms> _form = EnumOption.Of(
        "--form", "PLND: the mathematics, or what the released code computes", "exact", ("exact", ImportanceForms.Exact), ("repo", ImportanceForms.Repo));

    private readonly Option<string?> _parts = new("--parts") { Description = "PLND: all, ffn, attention, or parts with commas between", HelpName = "parts" };
    private readonly Option<int?> _topFfn = new("--top-ffn") { Description = "PLND: top K of a layer's FFN neurons [default: 2000 of 14336]", HelpName = "k" };
    private readonly Option<int?> _topAttention = new("--top-attention") { Description = "PLND: top K of a layer's attention neurons [default: 1000 of 4096]", HelpName = "k" };
    private readonly Option<double> _hitRate = new("--hit-rate") { Description = "PLND: share of documents a neuron has to be in the top K of", HelpName = "rho", DefaultValueFactory = _ => 1 };
    private readonly Option<double?> _threshold = new("--threshold") { Description = "PLND: least importance in every document, instead of top K", HelpName = "eps" };
    private readonly Option<bool> _normalise = new("--normalise") { Description = "PLND: divide importances by the root of the document's length first" };
    private readonly Option<OverlapRule> _overlap = EnumOption.Of(
        "--overlap", "PLND: what happens to neurons of several languages", "keep",
        ("keep", OverlapRule.Keep), ("minus-english", OverlapRule.MinusEnglish), ("minus-common", OverlapRule.MinusCommon));

    private readonly Option<string> _pivot = new("--pivot") { Description = "PLND: the language minus-english takes away", HelpName = "code", DefaultValueFactory = _ => "en" };
    private readonly Option<double> _topRate = new("--top-rate") { Description = "LAPE: share of FFN neurons to select", HelpName = "p", DefaultValueFactory = _ => 0.01 };
    private readonly Option<double> _filterRate = new("--filter-rate") { Description = "LAPE: quantile one language has to exceed", HelpName = "p", DefaultValueFactory = _ => 0.95 };
    private readonly Option<double> _bar = new("--activation-bar") { Description = "LAPE: quantile a neuron's own languages exceed", HelpName = "p", DefaultValueFactory = _ => 0.95 };

    /// <summary>Adds them to a command.</summary>
    public void AddTo(Command command)
    {
        if (withMethod) command.Options.Add(_method);
        foreach (Option option in new Option[] { _rule, _share, _form, _parts, _topFfn, _topAttention, _hitRate, _threshold, _normalise, _overlap, _pivot, _topRate, _filterRate, _bar })
            command.Options.Add(option);
    }

    /// <summary>The method asked for.</summary>
    public SelectionMethod Method(ParseResult result) => result.ValueOr(_method, SelectionMethod.Comparative);

    /// <summary>The options of the comparative rule.</summary>
    /// <exception cref="UsageException">A number is out of range.</exception>
    public ComparativeOptions Comparative(ParseResult result) => new()
    {
        Rule = result.ValueOr(_rule, ComparativeRule.MarginToNext),
        Share = Share(result, _share),
    };

    /// <summary>The options of PLND.</summary>
    /// <exception cref="UsageException">A number is out of range.</exception>
    public PlndOptions Plnd(ParseResult result)
    {
        int? ffn = result.GetValue(_topFfn), attention = result.GetValue(_topAttention);
        double rate = result.GetValue(_hitRate);
        if (ffn < 1 || attention < 1) throw new UsageException("--top-ffn and --top-attention are 1 or more");
        if (rate is not (> 0 and <= 1)) throw new UsageException("--hit-rate is above 0 and at most 1");
        return new PlndOptions
        {
            Form = result.ValueOr(_form, ImportanceForms.Exact),
            Parts = NeuronParts.Parse(result.GetValue(_parts)),
            TopFfn = ffn,
            TopAttention = attention,
            HitRate = rate,
            Threshold = result.GetValue(_threshold),
            NormaliseByLength = result.GetValue(_normalise),
            Overlap = result.ValueOr(_overlap, OverlapRule.Keep),
            Pivot = result.GetRequiredValue(_pivot),
        };
    }

    /// <summary>The options of LAPE.</summary>
    /// <exception cref="UsageException">A number is out of range.</exception>
    public LapeOptions Lape(ParseResult result) => new()
    {
        TopRate = Share(result, _topRate),
        FilterRate = Share(result, _filterRate),
        ActivationBarRatio = Share(result, _bar),
    };

    private static double Share(ParseResult result, Option<double> option) =>
        result.GetValue(option) is > 0 and <= 1 and var share ? share : throw new UsageException($"{option.Name} is above 0 and at most 1");
}

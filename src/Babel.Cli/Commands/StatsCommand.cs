using System.CommandLine;
using Babel.Analysis.Runs;
using Babel.Analysis.Statistics;
using Babel.Cli.Inputs;
using Babel.Cli.Reports;
using Babel.Model;

namespace Babel.Cli.Commands;

/// <summary><c>babel stats</c>: one read of a corpus, every statistic; resumable.</summary>
internal sealed class StatsCommand : CommandBase<StatsRequest>
{
    private readonly Argument<string> _model = ModelOptions.Model();
    private readonly CorpusOptions _corpus = new(required: true, 1024);
    private readonly Option<string> _out = new("--out", "-o") { Description = "The run's folder; what is finished in it is not done again", HelpName = "folder", Required = true };
    private readonly Option<string?> _parts = new("--parts") { Description = "all, ffn, attention, or parts with commas between [default: all]", HelpName = "parts" };
    private readonly Option<ImportanceForms> _importance = Forms("--importance", "PLND importance of FFN, V and O neurons", "exact");
    private readonly Option<ImportanceForms> _qk = Forms("--qk-importance", "PLND importance of Q and K neurons, which costs more", "none");
    private readonly Option<bool> _noDocuments = new("--no-documents") { Description = "Keep no importance by document: smaller, but no selection by top K" };

    /// <inheritdoc/>
    public override string Name => "stats";

    /// <inheritdoc/>
    public override string Summary => "Read a corpus once and keep statistics of every neuron, by language and document.";

    /// <inheritdoc/>
    public override IReadOnlyList<Example> Examples =>
    [
        new("stats samples/babel-nano --corpus samples/text --out runs/nano", "every statistic; stop it with Ctrl-C and start it again"),
        new("stats samples/babel-nano --corpus samples/text --languages de --out runs/de", "one language, to be merged later"),
        new("stats merge runs/de runs/en --out merged.safetensors", "put disjoint runs together; the same bits as one run"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<ICommand> Subcommands => [new StatsMergeCommand()];

    /// <inheritdoc/>
    public override void Declare(Command command)
    {
        command.Arguments.Add(_model);
        _corpus.AddTo(command);
        foreach (Option option in new Option[] { _out, _parts, _importance, _qk, _noDocuments }) command.Options.Add(option);
    }

    /// <inheritdoc/>
    protected override StatsRequest Bind(ParseResult result)
    {
        var options = new StatisticsOptions
        {
            Parts = NeuronParts.Parse(result.GetValue(_parts)) ?? StatisticsOptions.AllParts,
            Importance = result.ValueOr(_importance, ImportanceForms.Exact),
            QkImportance = result.ValueOr(_qk, ImportanceForms.None),
            KeepDocuments = !result.GetValue(_noDocuments),
        };
        return new StatsRequest(result.GetRequiredValue(_model), _corpus.Bind(result), result.GetRequiredValue(_out), options);
    }

    /// <inheritdoc/>
    protected override ExitCode Handle(StatsRequest request, CommandContext context)
    {
        var text = CorpusInput.Read(request.Corpus);
        using var session = ModelSession.Open(request.Model, context);
        using var hold = RunFolder.Hold(request.Out);
        var corpus = CorpusInput.Encode(text, request.Corpus, session, context);
        bool said = false;
        void Report(StatisticsProgress p)
        {
            if (p.Resumed > 0 && !said) context.Progress.Say($"{p.Resumed} of {p.TotalDocuments} documents were finished before");
            said = true;
            context.Progress.Report("statistics", p.Tokens, p.TotalTokens, $"tokens, {p.Documents} of {p.TotalDocuments} documents");
        }

        var stats = StatisticsRun.Collect(
            session.Model,
            corpus.Tokens,
            TokenizerFingerprint.OfFolder(session.Folder),
            corpus.Context,
            request.Options,
            new StatisticsRunOptions { Folder = request.Out, BatchTokens = request.Corpus.BatchTokens },
            new Output.Forward<StatisticsProgress>(Report),
            context.Cancellation);
        StatsReport.Write(stats, StatsReport.PathOf(request.Out), context);
        return ExitCodes.Ok;
    }

    private static Option<ImportanceForms> Forms(string name, string description, string fallback) => EnumOption.Of(
        name, description, fallback,
        ("none", ImportanceForms.None), ("exact", ImportanceForms.Exact), ("repo", ImportanceForms.Repo), ("both", ImportanceForms.Both));
}

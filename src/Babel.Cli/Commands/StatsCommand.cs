using System.CommandLine;
using Babel.Analysis.Planning;
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
    private readonly StatisticsFlags _statistics = new();

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
        command.Options.Add(_out);
        _statistics.AddTo(command);
    }

    /// <inheritdoc/>
    protected override StatsRequest Bind(ParseResult result) =>
        new(result.GetRequiredValue(_model), _corpus.Bind(result), result.GetRequiredValue(_out), _statistics.Bind(result));

    /// <inheritdoc/>
    protected override ExitCode Handle(StatsRequest request, CommandContext context)
    {
        var text = CorpusInput.Read(request.Corpus);
        using var session = ModelSession.Open(request.Model, context);
        using var hold = RunFolder.Hold(request.Out);
        var corpus = CorpusInput.Encode(text, request.Corpus, session, context);
        var plan = session.Load(corpus.Work(request.Corpus, request.Options), Remedies.OfText | Remedies.NoDocuments, request.Corpus.Schedule);
        bool said = false;
        void Report(StatisticsProgress p)
        {
            if (p.Resumed > 0 && !said) context.Progress.Say($"{p.Resumed} of {p.TotalDocuments} documents were finished before");
            said = true;
            context.Progress.Report("statistics", p.Tokens, p.TotalTokens, $"tokens, {p.Documents} of {p.TotalDocuments} documents");
        }

        using var stats = StatisticsRun.Collect(
            session.Model,
            corpus.Tokens,
            TokenizerFingerprint.OfFolder(session.Folder),
            corpus.Context,
            request.Options,
            new StatisticsRunOptions
            {
                Folder = request.Out,
                BatchTokens = request.Corpus.BatchTokens,
                Sweep = plan.StatisticsSweep,
                MostDocuments = plan.DocumentsAtOnce,
                Spool = plan.SpoolsStatistics,
            },
            new Output.Forward<StatisticsProgress>(Report),
            context.Cancellation);
        StatsReport.Write(stats, StatsReport.PathOf(request.Out), context);
        return ExitCodes.Ok;
    }
}

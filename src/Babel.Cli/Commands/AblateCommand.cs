using System.CommandLine;
using Babel.Analysis.Ablation;
using Babel.Analysis.Planning;
using Babel.Analysis.Runs;
using Babel.Analysis.Scoring;
using Babel.Cli.Inputs;
using Babel.Cli.Options;
using Babel.Cli.Reports;
using Babel.Kernels;

namespace Babel.Cli.Commands;

/// <summary><c>babel ablate</c>: each set of neurons switched off, on every language, against random sets of the same size.</summary>
internal sealed class AblateCommand : CommandBase<AblateRequest>
{
    private readonly Argument<string> _model = ModelOptions.Model();
    private readonly Option<string> _neurons = new("--neurons") { Description = "Sets of neurons, as `neurons` and `study` write them", HelpName = "file", Required = true };
    private readonly CorpusOptions _corpus = new(required: true, Scorer.DefaultBatchTokens);
    private readonly Option<int> _controls = new("--controls") { Description = "Random sets for each set", HelpName = "n", DefaultValueFactory = _ => 5 };
    private readonly Option<long> _seed = new("--seed") { Description = "First seed of the random sets", HelpName = "n", DefaultValueFactory = _ => 1 };
    private readonly Option<string?> _journal = new("--journal") { Description = "Keep finished passes in this file, to go on after an interruption", HelpName = "file" };

    /// <inheritdoc/>
    public override string Name => "ablate";

    /// <inheritdoc/>
    public override string Summary => "Switch each set of neurons off, measure every language, compare with random sets of the same size.";

    /// <inheritdoc/>
    public override IReadOnlyList<Example> Examples =>
    [
        new("ablate samples/babel-nano --neurons runs/babel-nano/neurons.json --corpus samples/text", "the sets of a study, measured again"),
        new("ablate samples/babel-nano --neurons lape.json --corpus samples/text --controls 10 --journal lape.journal", "ten controls, resumable"),
    ];

    /// <inheritdoc/>
    public override void Declare(Command command)
    {
        command.Arguments.Add(_model);
        command.Options.Add(_neurons);
        _corpus.AddTo(command);
        foreach (Option option in new Option[] { _controls, _seed, _journal }) command.Options.Add(option);
    }

    /// <inheritdoc/>
    protected override AblateRequest Bind(ParseResult result)
    {
        int controls = result.GetValue(_controls);
        if (controls < 0) throw new UsageException("--controls is 0 or more");
        var options = new AblationOptions { Controls = controls, Seed = result.GetValue(_seed) };
        return new AblateRequest(
            result.GetRequiredValue(_model), result.GetRequiredValue(_neurons), _corpus.Bind(result), options, result.GetValue(_journal));
    }

    /// <inheritdoc/>
    protected override ExitCode Handle(AblateRequest request, CommandContext context)
    {
        var neurons = NeuronFile.Load(request.Neurons);
        var text = CorpusInput.Read(request.Corpus);
        using var session = ModelSession.Open(request.Model, context);
        var corpus = CorpusInput.Encode(text, request.Corpus, session, context);
        int passes = 1 + (neurons.Sets.Count * (1 + request.Options.Controls));
        var plan = session.Load(corpus.Work(request.Corpus, passes), Remedies.OfText & ~Remedies.Languages, request.Corpus.Schedule);
        NeuronFile.CompareModel(neurons, session.Model, context.Progress.Say);
        using var scorer = Scorer.Create(session.Model, corpus.Tokens.Documents, request.Corpus.BatchTokens, plan.ScoreSweep);
        using var journal = request.Journal is null ? null : Journal.Open(request.Journal);
        var result = new AblationRunner(session.Model, scorer, journal).Run(
            [.. neurons.Sets.Select(s => new AblationSet(s.Language, [.. s.Ids]))],
            request.Options,
            p => context.Progress.Report("ablation", p.RowsDone, p.Rows, p.Pass.Length == 0 ? null : p.Pass),
            context.Cancellation);
        context.Write(
            json =>
            {
                json.WriteString("model", request.Model);
                json.WriteString("device", session.Device.Name);
                json.WriteString("precision", session.Device.Precision.Word());
                json.WriteString("corpus", corpus.Text.Fingerprint);
                json.WriteString("method", neurons.Method);
                AblationReport.Write(json, result);
            },
            output =>
            {
                AblationReport.WriteMatrix(result, output, context.Style);
                output.WriteLine();
                AblationReport.WriteSelectivity(result, output, context.Style);
            });
        return ExitCodes.Ok;
    }
}

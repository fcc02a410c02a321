using System.CommandLine;
using Babel.Analysis.Planning;
using Babel.Analysis.Scoring;
using Babel.Cli.Inputs;
using Babel.Cli.Reports;
using Babel.Kernels;

namespace Babel.Cli.Commands;

/// <summary><c>babel score</c>: how well a model predicts each language, with neurons switched off if asked.</summary>
internal sealed class ScoreCommand : CommandBase<ScoreRequest>
{
    private readonly Argument<string> _model = ModelOptions.Model();
    private readonly CorpusOptions _corpus = new(required: true, Scorer.DefaultBatchTokens);
    private readonly Option<string?> _ablate = ModelOptions.Ablate();

    /// <inheritdoc/>
    public override string Name => "score";

    /// <inheritdoc/>
    public override string Summary => "Score text by language: NLL per token, perplexity, bits per byte, with standard errors.";

    /// <inheritdoc/>
    public override IReadOnlyList<Example> Examples =>
    [
        new("score samples/babel-nano --corpus samples/text", "the embedded model on the embedded text"),
        new("score samples/babel-nano --corpus samples/text --languages de,en --json", "two languages, for a script"),
        new("score samples/babel-nano --corpus samples/text --ablate runs/babel-nano/neurons.json#de", "with the German neurons off"),
    ];

    /// <inheritdoc/>
    public override void Declare(Command command)
    {
        command.Arguments.Add(_model);
        _corpus.AddTo(command);
        command.Options.Add(_ablate);
    }

    /// <inheritdoc/>
    protected override ScoreRequest Bind(ParseResult result) =>
        new(result.GetRequiredValue(_model), _corpus.Bind(result), result.GetValue(_ablate));

    /// <inheritdoc/>
    protected override ExitCode Handle(ScoreRequest request, CommandContext context)
    {
        var text = CorpusInput.Read(request.Corpus);
        AblationFile.RequireFile(request.Ablate);
        using var session = ModelSession.Open(request.Model, context);
        var corpus = CorpusInput.Encode(text, request.Corpus, session, context);
        var plan = session.Load(corpus.Work(request.Corpus, 1), Remedies.OfText & ~Remedies.Languages, request.Corpus.Schedule);
        var mask = request.Ablate is null ? null : AblationFile.Load(request.Ablate, session.Model, context.Progress.Say);
        using var scorer = Scorer.Create(session.Model, corpus.Tokens.Documents, request.Corpus.BatchTokens, plan.ScoreSweep);
        double[] nll = scorer.Score(mask, rows => context.Progress.Report("scoring", rows, scorer.Rows, "tokens"), context.Cancellation);
        var scores = ScoreTable.Scores(scorer.Documents, nll);
        context.Write(
            json =>
            {
                json.WriteString("model", request.Model);
                json.WriteString("device", session.Device.Name);
                json.WriteString("precision", session.Device.Precision.Word());
                json.WriteString("corpus", corpus.Text.Fingerprint);
                if (request.Ablate is not null) json.WriteString("ablated", request.Ablate);
                ScoreReport.Write(json, "scores", scores);
            },
            output => ScoreReport.Write(scores, output, context.Style));
        return ExitCodes.Ok;
    }
}

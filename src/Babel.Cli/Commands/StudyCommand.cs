using System.CommandLine;
using Babel.Analysis.Ablation;
using Babel.Analysis.Corpora;
using Babel.Analysis.Scoring;
using Babel.Analysis.Study;
using Babel.Cli.Inputs;
using Babel.Cli.Options;
using Babel.Cli.Output;
using Babel.Cli.Reports;
using Babel.Kernels;

namespace Babel.Cli.Commands;

/// <summary><c>babel study</c>: the main job, from a model and text to language neurons, proven by ablation.</summary>
internal sealed class StudyCommand : CommandBase<StudyRequest>
{
    private readonly SharedOptions _shared;
    private readonly Argument<string?> _model = new("MODEL")
    {
        Description = "A model folder or hub name; the embedded sample where none is named",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly CorpusOptions _corpus = new(required: false, Scorer.DefaultBatchTokens, limited: false);
    private readonly Option<string?> _out = new("--out", "-o") { Description = "The run's folder [default: runs/NAME-OF-MODEL]", HelpName = "folder" };
    private readonly Option<EvaluationSplit> _split = EnumOption.Of(
        "--split", "Find neurons on one half and measure on the other, or do both on all text", "held-out",
        ("held-out", EvaluationSplit.HeldOut), ("all", EvaluationSplit.All));

    private readonly SelectionOptions _selection = new(withMethod: false);
    private readonly Option<int> _controls = new("--controls") { Description = "Random sets for each language's set", HelpName = "n", DefaultValueFactory = _ => 5 };
    private readonly Option<long> _seed = new("--seed") { Description = "First seed of the random sets", HelpName = "n", DefaultValueFactory = _ => 1 };

    /// <summary>Makes the command; the study opens its device itself, so it needs to know which.</summary>
    public StudyCommand(SharedOptions shared) => _shared = shared;

    /// <inheritdoc/>
    public override string Name => "study";

    /// <inheritdoc/>
    public override string Summary => "The main job: statistics, neurons of each language, and the proof by switching them off.";

    /// <inheritdoc/>
    public override IReadOnlyList<Example> Examples =>
    [
        new("study", "the embedded sample model and text, into runs/babel-nano"),
        new("study path/to/model --corpus path/to/texts --out runs/mine", "your own; the same line again goes on where it was stopped"),
        new("study bigscience/bloom-560m --corpus texts/news.*.txt --languages de,fr,sw --controls 10", "three languages, ten controls"),
    ];

    /// <inheritdoc/>
    public override void Declare(Command command)
    {
        command.Arguments.Add(_model);
        _corpus.AddTo(command);
        foreach (Option option in new Option[] { _out, _split }) command.Options.Add(option);
        _selection.AddTo(command);
        foreach (Option option in new Option[] { _controls, _seed }) command.Options.Add(option);
    }

    /// <inheritdoc/>
    protected override StudyRequest Bind(ParseResult result)
    {
        string? model = result.GetValue(_model);
        var (sampleModel, sampleText) = model is null ? Samples.Find() : ("", null);
        var corpus = _corpus.Bind(result, sampleText);
        int controls = result.GetValue(_controls);
        if (controls < 0) throw new UsageException("--controls is 0 or more");
        var shared = _shared.Bind(result);
        string name = Path.GetFileName(Path.GetFullPath(model ?? sampleModel).TrimEnd('/', '\\'));
        var options = new StudyOptions
        {
            Model = model ?? sampleModel,
            Corpus = corpus.Path,
            Output = result.GetValue(_out) ?? Path.Combine("runs", name),
            Device = shared.Device,
            DeviceOptions = shared.DeviceOptions,
            Languages = corpus.Languages,
            Split = result.ValueOr(_split, EvaluationSplit.HeldOut),
            Context = corpus.Context,
            BatchTokens = corpus.BatchTokens,
            Schedule = corpus.Schedule,
            Selection = _selection.Comparative(result),
            Plnd = _selection.Plnd(result),
            Lape = _selection.Lape(result),
            Ablation = new AblationOptions { Controls = controls, Seed = result.GetValue(_seed) },
            Command = "babel " + string.Join(' ', result.Tokens.Select(t => t.Value)),
        };
        return new StudyRequest(options, model is null);
    }

    /// <inheritdoc/>
    protected override ExitCode Handle(StudyRequest request, CommandContext context)
    {
        if (request.Embedded) context.Progress.Say("studying the embedded sample; `babel study MODEL --corpus PATH` studies your own");
        if (Corpus.Load(request.Options.Corpus, request.Options.Languages).Languages.Count < 2)
            throw new UsageException("a study compares languages; the text has one");
        var options = request.Options with { Devices = context.Devices, Device = context.ResolveDevice() };
        var result = StudyRunner.Run(options, new StudyProgress(context.Progress), context.Cancellation);
        context.Write(json => StudyReport.Write(json, result), output => StudyReport.Write(result, output, context.Style));
        return ExitCodes.Ok;
    }
}

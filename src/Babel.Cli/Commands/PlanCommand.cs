using System.CommandLine;
using Babel.Analysis.Corpora;
using Babel.Analysis.Planning;
using Babel.Analysis.Statistics;
using Babel.Analysis.Study;
using Babel.Cli.Inputs;
using Babel.Cli.Options;
using Babel.Cli.Output;
using Babel.Cli.Reports;
using Babel.Model;
using Babel.Model.Hub;
using Babel.Model.Tokenizers;

namespace Babel.Cli.Commands;

/// <summary><c>babel plan</c>: what a run would need, before a weight is read.</summary>
internal sealed class PlanCommand : CommandBase<PlanRequest>
{
    private readonly Argument<string> _model = ModelOptions.Model();
    private readonly CorpusOptions _corpus = new(required: false, 1024);
    private readonly Option<PlanTask> _task = EnumOption.Of(
        "--task", "The command to plan", "study",
        ("stats", PlanTask.Stats), ("score", PlanTask.Score), ("ablate", PlanTask.Ablate), ("study", PlanTask.Study));

    private readonly StatisticsFlags _statistics = new();
    private readonly Option<int?> _sets = new("--sets") { Description = "Sets to switch off, if not one a language", HelpName = "n" };
    private readonly Option<int> _controls = new("--controls") { Description = "Random sets for each set", HelpName = "n", DefaultValueFactory = _ => 5 };

    /// <inheritdoc/>
    public override string Name => "plan";

    /// <inheritdoc/>
    public override string Summary => "Show what a run would need: memory, schedule, passes, bytes read, time; nothing is loaded.";

    /// <inheritdoc/>
    public override IReadOnlyList<Example> Examples =>
    [
        new("plan samples/babel-nano --corpus samples/text", "the embedded study"),
        new("plan path/to/model --corpus path/to/texts --memory 768MiB", "a study in little memory"),
        new("plan path/to/model --corpus path/to/texts --task stats --no-documents --json", "statistics alone, for a script"),
    ];

    /// <inheritdoc/>
    public override void Declare(Command command)
    {
        command.Arguments.Add(_model);
        _corpus.AddTo(command);
        command.Options.Add(_task);
        _statistics.AddTo(command);
        foreach (Option option in new Option[] { _sets, _controls }) command.Options.Add(option);
    }

    /// <inheritdoc/>
    protected override PlanRequest Bind(ParseResult result)
    {
        int? sets = result.GetValue(_sets);
        int controls = result.GetValue(_controls);
        if (controls < 0) throw new UsageException("--controls is 0 or more");
        if (sets < 0) throw new UsageException("--sets is 0 or more");
        return new PlanRequest(
            result.GetRequiredValue(_model), _corpus.BindOptional(result, ""), result.ValueOr(_task, PlanTask.Study), _statistics.Bind(result), sets, controls);
    }

    /// <inheritdoc/>
    protected override ExitCode Handle(PlanRequest request, CommandContext context)
    {
        string folder = HubCache.Resolve(request.Model);
        var text = request.Corpus.Path.Length == 0 ? null : CorpusInput.Read(request.Corpus);
        using var device = context.OpenDevice();
        var footprint = ModelFootprint.Read(folder, device);
        var work = WorkOf(request, folder, text, footprint.Spec, context);
        RunPlan Of(Schedule? schedule) => RunPlan.Of(footprint, device, work, context.Request.Memory, schedule);
        double rate = ProductRate.Measure(device, footprint);
        var report = new PlanReport(Of(request.Corpus.Schedule), Of(Schedule.Token), Of(Schedule.Layer), rate);
        context.Write(report.Write, output => report.Write(output, context.Style));
        return ExitCodes.Ok;
    }

    private static Workload WorkOf(PlanRequest request, string folder, Corpus? text, DecoderSpec spec, CommandContext context)
    {
        var work = new Workload
        {
            BatchTokens = request.Corpus.BatchTokens,
            LongestWindow = request.Corpus.Context is { } asked ? WindowLength.Of(asked, spec) : 1,
            TextBytes = TextFootprint.OfTokenizer(folder) + (text is null ? 0 : TextFootprint.Of(text)),
            Statistics = request.Task switch
            {
                PlanTask.Stats => request.Statistics,
                PlanTask.Study => request.Statistics with { QkImportance = request.Statistics.QkImportance | ImportanceForms.Exact },
                _ => null,
            },
        };
        if (text is null) return work with { ScorePasses = Passes(request, 0) };
        work = work with { ScorePasses = Passes(request, text.Languages.Count) };
        var tokenizer = Tokenizer.Load(folder);
        TokenizedCorpus Encode(Corpus part) => CorpusInput.Encode(part, request.Corpus, spec, tokenizer, context).Tokens;
        if (request.Task != PlanTask.Study)
        {
            var tokens = Encode(text);
            return request.Task == PlanTask.Stats ? work.With(tokens, null) : work.With(null, tokens);
        }

        var split = CorpusSplit.Make(text, EvaluationSplit.HeldOut, 10);
        return work.With(Encode(split.Detection), Encode(split.Evaluation));
    }

    private static int Passes(PlanRequest request, int languages) => request.Task switch
    {
        PlanTask.Stats => 0,
        PlanTask.Score => 1,
        _ => 1 + ((request.Sets ?? languages) * (1 + request.Controls)),
    };
}

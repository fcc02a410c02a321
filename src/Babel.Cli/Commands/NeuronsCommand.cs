using System.CommandLine;
using Babel.Analysis.Lape;
using Babel.Analysis.Plnd;
using Babel.Analysis.Selection;
using Babel.Analysis.Statistics;
using Babel.Cli.Inputs;
using Babel.Cli.Options;
using Babel.Cli.Reports;
using Babel.Model.Files;

namespace Babel.Cli.Commands;

/// <summary><c>babel neurons</c>: sets of neurons selected again from stored statistics, without the model.</summary>
internal sealed class NeuronsCommand : CommandBase<NeuronsRequest>
{
    private readonly Argument<string> _stats = new("STATS") { Description = "The folder of a `stats` or `study` run, or a statistics file" };
    private readonly SelectionOptions _selection = new(withMethod: true);
    private readonly Option<NeuronGroup> _group = EnumOption.Of(
        "--group", "Neurons the overlap is counted over", "all", ("all", NeuronGroup.All), ("ffn", NeuronGroup.Ffn), ("attention", NeuronGroup.Attention));

    private readonly Option<string?> _out = new("--out", "-o") { Description = "File to write, .json (for ablate, --ablate) or .csv", HelpName = "file" };

    /// <inheritdoc/>
    public override string Name => "neurons";

    /// <inheritdoc/>
    public override string Summary => "Select neurons again from stored statistics, without the model.";

    /// <inheritdoc/>
    public override IReadOnlyList<Example> Examples =>
    [
        new("neurons runs/babel-nano --out neurons.json", "the default rule, which compares languages"),
        new("neurons runs/babel-nano --method plnd --top-ffn 100 --hit-rate 0.9 --parts ffn", "PLND: top 100 of a layer in 90 % of the documents"),
        new("neurons runs/babel-nano --method plnd --threshold 0.5 --overlap minus-english", "PLND by threshold, without English neurons"),
        new("neurons runs/babel-nano --method lape --top-rate 0.02 --out lape.csv", "LAPE, twice as many neurons as published"),
    ];

    /// <inheritdoc/>
    public override void Declare(Command command)
    {
        command.Arguments.Add(_stats);
        _selection.AddTo(command);
        command.Options.Add(_group);
        command.Options.Add(_out);
    }

    /// <inheritdoc/>
    protected override NeuronsRequest Bind(ParseResult result)
    {
        string? path = result.GetValue(_out);
        if (path is not null && Path.GetExtension(path) is not (".json" or ".csv")) throw new UsageException("--out ends in .json or .csv");
        return new NeuronsRequest(
            result.GetRequiredValue(_stats), _selection.Method(result), _selection.Comparative(result), _selection.Plnd(result),
            _selection.Lape(result), result.ValueOr(_group, NeuronGroup.All), path);
    }

    /// <inheritdoc/>
    protected override ExitCode Handle(NeuronsRequest request, CommandContext context)
    {
        using var stats = StatsReport.Load(request.Stats);
        var neurons = Select(stats, request);
        if (request.Out is not null) Save(neurons, request.Out);
        var overlap = SetOverlap.Of(neurons.Sets, request.Group);
        context.Write(
            json => NeuronsReport.Write(json, neurons, overlap, stats.Header.Shape, request.Out),
            output => NeuronsReport.Write(output, context.Style, neurons, overlap, stats.Header.Shape, request.Out));
        return ExitCodes.Ok;
    }

    private static LanguageNeurons Select(NeuronStats stats, NeuronsRequest request)
    {
        try
        {
            return request.Method switch
            {
                SelectionMethod.Plnd => PlndSelector.Select(stats, request.Plnd),
                SelectionMethod.Lape => LapeSelector.Select(stats, request.Lape),
                _ => ComparativeSelector.Select(stats, request.Comparative),
            };
        }
        catch (ArgumentException contradiction)
        {
            // Options are checked against the statistics where they meet: a language that is not there, one language to compare.
            throw new UsageException(contradiction.Message);
        }
    }

    private static void Save(LanguageNeurons neurons, string path)
    {
        if (Path.GetExtension(path) == ".json") NeuronSetJson.Save(neurons, path);
        else AtomicFile.Write(path, stream => NeuronSetCsv.Write(neurons, stream));
    }
}

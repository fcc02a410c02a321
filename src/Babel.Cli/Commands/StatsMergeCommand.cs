using System.CommandLine;
using Babel.Analysis.Planning;
using Babel.Analysis.Statistics;
using Babel.Cli.Reports;

namespace Babel.Cli.Commands;

/// <summary><c>babel stats merge</c>: statistics of disjoint documents put together.</summary>
internal sealed class StatsMergeCommand : CommandBase<(IReadOnlyList<string> Parts, string Out)>
{
    private readonly Argument<string[]> _parts = new("STATS") { Description = "Run folders or statistics files", Arity = ArgumentArity.OneOrMore };
    private readonly Option<string> _out = new("--out", "-o") { Description = "The statistics file to write", HelpName = "file", Required = true };

    /// <inheritdoc/>
    public override string Name => "stats merge";

    /// <inheritdoc/>
    public override string Summary => "Merge statistics of disjoint documents; the same bits as one run over all of them.";

    /// <inheritdoc/>
    public override IReadOnlyList<Example> Examples => [new("stats merge runs/de runs/en --out merged.safetensors", "two languages that ran apart")];

    /// <inheritdoc/>
    public override void Declare(Command command)
    {
        command.Arguments.Add(_parts);
        command.Options.Add(_out);
    }

    /// <inheritdoc/>
    protected override (IReadOnlyList<string> Parts, string Out) Bind(ParseResult result) =>
        (result.GetRequiredValue(_parts), result.GetRequiredValue(_out));

    /// <inheritdoc/>
    protected override ExitCode Handle((IReadOnlyList<string> Parts, string Out) request, CommandContext context)
    {
        var parts = new List<NeuronStats>();
        try
        {
            foreach (string part in request.Parts) parts.Add(StatsReport.Load(part));
            long bytes = parts.Sum(p => StatisticsFootprint.StoredBytes(p.Header.Shape, p.Header.Options, p.Languages.Count, p.Languages.Sum(l => l.Documents.Count)));
            bool fits = RunPlan.ProgramBytes + bytes <= (context.Request.Memory ?? MemoryBudget.Default);
            using var merged = NeuronStats.Merge(parts, fits ? null : Path.GetTempPath());

            // The result may take the place of a part, which systems refuse while it is open.
            parts.ForEach(p => p.Dispose());
            merged.Save(request.Out);
            StatsReport.Write(merged, request.Out, context);
            return ExitCodes.Ok;
        }
        finally
        {
            parts.ForEach(p => p.Dispose());
        }
    }
}

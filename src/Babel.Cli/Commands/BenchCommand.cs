using System.CommandLine;
using Babel.Cli.Reports;
using Babel.Kernels;
using Babel.Kernels.Diagnostics.Bench;
using Babel.Model.RandomModels;

namespace Babel.Cli.Commands;

/// <summary><c>babel bench</c>: everything at short settings; its parts measure one thing well.</summary>
internal sealed class BenchCommand : CommandBase<double>
{
    private const string Model = "tiny";
    private const int Tokens = 512;
    private const int Length = 128;

    private readonly BenchForwardCommand _forward = new();
    private readonly BenchStatisticsCommand _statistics = new();
    private readonly Option<double> _seconds = BenchOptions.Seconds(0.5);

    /// <inheritdoc/>
    public override string Name => "bench";

    /// <inheritdoc/>
    public override string Summary => "Measure operators, forward passes, statistics and tokenizers beside what the machine can do.";

    /// <inheritdoc/>
    public override IReadOnlyList<Example> Examples =>
    [
        new("bench", "all parts at short settings, about half a minute"),
        new("bench forward --model 1b --weights bf16", "one part, a larger model"),
        new("bench --json > bench.json", "a record: date, machine, ceilings, every median with its quartiles"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<ICommand> Subcommands =>
        [new BenchAllCommand(), new BenchOperatorsCommand(), _forward, _statistics, new BenchTokenizerCommand(), new BenchScalingCommand(), new BenchMakeModelCommand()];

    /// <inheritdoc/>
    public override void Declare(Command command) => command.Options.Add(_seconds);

    /// <inheritdoc/>
    protected override double Bind(ParseResult result) => result.GetRequiredValue(_seconds);

    /// <inheritdoc/>
    protected override ExitCode Handle(double request, CommandContext context)
    {
        using var device = context.OpenDevice();
        var result = new BenchResult(device, DeviceCeilings.Measure(device));
        var shape = BenchOperatorsCommand.ShapeOf(RandomModelShape.Named[Model], DType.F32, Tokens, Length);
        BenchOperatorsCommand.Run(new BenchOperatorsRequest(shape, null, null, request / 10), device, result, context);
        var models = new BenchModelRequest([Model], DType.F32, Tokens, Length, request);
        _forward.Run(models, device, result, context);
        _statistics.Run(models, device, result, context);
        BenchTokenizerCommand.Run(new BenchTokenizerRequest([], null, request), result, context);
        BenchReport.Write(result, context);
        return ExitCodes.Ok;
    }
}

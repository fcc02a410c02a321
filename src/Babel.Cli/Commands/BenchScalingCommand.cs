using System.CommandLine;
using Babel.Analysis.Benchmarks;
using Babel.Cli.Reports;
using Babel.Kernels;
using Babel.Kernels.Diagnostics.Bench;

namespace Babel.Cli.Commands;

/// <summary><c>babel bench scaling</c>: the constants with which time and memory of other models and batches are predicted.</summary>
internal sealed class BenchScalingCommand : CommandBase<double>
{
    private readonly Option<double> _seconds = BenchOptions.Seconds(0.5);

    /// <inheritdoc/>
    public override string Name => "bench scaling";

    /// <inheritdoc/>
    public override string Summary => "Fit how time and memory grow with tokens, length, width, layers and languages, and check it on other shapes.";

    /// <inheritdoc/>
    public override IReadOnlyList<Example> Examples =>
    [
        new("bench scaling", "this machine's constants, about a minute"),
        new("bench scaling --seconds 3 --json > scaling.json", "steadier, for a record"),
    ];

    /// <inheritdoc/>
    public override void Declare(Command command) => command.Options.Add(_seconds);

    /// <inheritdoc/>
    protected override double Bind(ParseResult result) => result.GetRequiredValue(_seconds);

    /// <inheritdoc/>
    protected override ExitCode Handle(double request, CommandContext context)
    {
        using var device = context.OpenDevice();
        var result = new BenchResult(device, DeviceCeilings.Measure(device));
        Device Open(int threads) => context.Devices.Open(device.Name, threads > 0 ? context.Request.DeviceOptions with { Threads = threads } : context.Request.DeviceOptions);
        result.Scaling = ScalingBench.Measure(Open, request, what => context.Progress.Say(what), context.Cancellation);
        BenchReport.Write(result, context);
        return ExitCodes.Ok;
    }
}

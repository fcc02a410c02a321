using System.CommandLine;
using Babel.Cli.Options;
using Babel.Cli.Reports;
using Babel.Kernels.Diagnostics;

namespace Babel.Cli.Commands;

/// <summary><c>babel selftest</c>: every operator of a device against the float64 reference.</summary>
internal sealed class SelfTestCommand : CommandBase<SelfTestRequest>
{
    private readonly Option<string?> _operator = new("--operator") { Description = "Only this operator", HelpName = "name" };
    private readonly Option<bool> _cases = new("--cases") { Description = "A row for every case, not one for every operator" };

    /// <inheritdoc/>
    public override string Name => "selftest";

    /// <inheritdoc/>
    public override string Summary => "Hold every operator of a device against the float64 reference: errors, bounds, time.";

    /// <inheritdoc/>
    public override IReadOnlyList<Example> Examples =>
    [
        new("selftest", "the processor, with the widest vectors it has"),
        new("selftest --device cpu:avx2 --threads 1", "another instruction set, one thread"),
        new("selftest --operator Attention --cases", "every case of one operator"),
    ];

    /// <inheritdoc/>
    public override void Declare(Command command)
    {
        command.Options.Add(_operator);
        command.Options.Add(_cases);
    }

    /// <inheritdoc/>
    protected override SelfTestRequest Bind(ParseResult result)
    {
        string? name = result.GetValue(_operator);
        return name is null || SelfTest.Operators.Contains(name, StringComparer.Ordinal)
            ? new SelfTestRequest(name, result.GetValue(_cases))
            : throw new UsageException($"--operator: there is no operator '{name}'; there are {string.Join(", ", SelfTest.Operators)}");
    }

    /// <inheritdoc/>
    protected override ExitCode Handle(SelfTestRequest request, CommandContext context)
    {
        using var device = context.OpenDevice();
        int done = 0;
        var results = SelfTest.Run(device, request.Operator, result =>
        {
            context.Cancellation.ThrowIfCancellationRequested();
            context.Progress.Report("selftest", ++done, 0, $"{done} cases, {result.Operator}");
        });
        context.Write(
            json => SelfTestReport.Write(json, device, results),
            output => SelfTestReport.Write(output, context.Style, device, results, request.Cases));
        return results.All(r => r.Passed) ? ExitCodes.Ok : ExitCodes.SelfTest;
    }
}

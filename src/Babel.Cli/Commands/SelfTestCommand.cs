using System.CommandLine;
using Babel.Analysis.Verification;
using Babel.Cli.Options;
using Babel.Cli.Reports;
using Babel.Kernels;
using Babel.Kernels.Diagnostics;
using Babel.Model.Hub;

namespace Babel.Cli.Commands;

/// <summary><c>babel selftest</c>: every operator of a device, and whole models on it, against the float64 reference.</summary>
internal sealed class SelfTestCommand : CommandBase<SelfTestRequest>
{
    private readonly Option<string?> _operator = new("--operator") { Description = "Only this operator, and no models", HelpName = "name" };
    private readonly Option<bool> _cases = new("--cases") { Description = "A row for every case and every model, not one for every operator and quantity" };
    private readonly Option<bool> _quick = new("--quick") { Description = "A few small models only: where everything is slow, as under a sanitizer" };
    private readonly Option<string?> _model = new("--model") { Description = "Compare the device on this model folder instead of the models made for it", HelpName = "folder" };

    /// <inheritdoc/>
    public override string Name => "selftest";

    /// <inheritdoc/>
    public override string Summary => "Hold every operator of a device, then whole models on it, against the float64 reference: errors, bounds, time.";

    /// <inheritdoc/>
    public override IReadOnlyList<Example> Examples =>
    [
        new("selftest", "the processor, with the widest vectors it has"),
        new("selftest --device cpu:avx2 --threads 1", "another instruction set, one thread"),
        new("selftest --operator Attention --cases", "every case of one operator"),
        new("selftest --device cuda:0 --precision fast --json > selftest.json", "a record of a GPU in its other precision"),
    ];

    /// <inheritdoc/>
    public override void Declare(Command command)
    {
        command.Options.Add(_operator);
        command.Options.Add(_cases);
        command.Options.Add(_quick);
        command.Options.Add(_model);
    }

    /// <inheritdoc/>
    protected override SelfTestRequest Bind(ParseResult result)
    {
        string? name = result.GetValue(_operator), model = result.GetValue(_model);
        if (name is not null && !SelfTest.Operators.Contains(name, StringComparer.Ordinal))
            throw new UsageException($"--operator: there is no operator '{name}'; there are {string.Join(", ", SelfTest.Operators)}");
        if (name is not null && model is not null) throw new UsageException("--operator leaves models out, --model wants one");
        return new SelfTestRequest(name, result.GetValue(_cases), result.GetValue(_quick), model is null ? null : HubCache.Resolve(model));
    }

    /// <inheritdoc/>
    protected override ExitCode Handle(SelfTestRequest request, CommandContext context)
    {
        using var device = context.OpenDevice();
        var operators = Operators(device, request, context);
        var models = request.Operator is null ? Models(device, request, context) : [];
        context.Write(
            json => SelfTestReport.Write(json, device, operators, models),
            output => SelfTestReport.Write(output, context.Style, device, operators, models, request.Cases));
        return operators.All(r => r.Passed) && models.All(r => r.Passed) ? ExitCodes.Ok : ExitCodes.SelfTest;
    }

    private static IReadOnlyList<SelfTestResult> Operators(Device device, SelfTestRequest request, CommandContext context)
    {
        int done = 0;
        return SelfTest.Run(device, request.Operator, result =>
        {
            context.Cancellation.ThrowIfCancellationRequested();
            context.Progress.Report("selftest", ++done, 0, $"{done} cases, {result.Operator}");
        });
    }

    private static IReadOnlyList<ModelCheckResult> Models(Device device, SelfTestRequest request, CommandContext context)
    {
        int done = 0;
        return ModelCheck.Run(
            device, request.Model, request.Quick, result => context.Progress.Report("selftest", ++done, 0, $"{done} quantities, {result.Model}"), context.Cancellation);
    }
}

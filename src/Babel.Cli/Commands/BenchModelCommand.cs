using System.CommandLine;
using Babel.Analysis.Benchmarks;
using Babel.Cli.Inputs;
using Babel.Cli.Options;
using Babel.Cli.Output;
using Babel.Cli.Reports;
using Babel.Kernels;
using Babel.Kernels.Diagnostics.Bench;
using Babel.Model;

namespace Babel.Cli.Commands;

/// <summary>What <c>babel bench forward</c> and <c>babel bench statistics</c> have in common: models, one after the other, on one batch each.</summary>
internal abstract class BenchModelCommand : CommandBase<BenchModelRequest>
{
    private readonly Option<string[]> _models = BenchOptions.Models();
    private readonly Option<DType> _weights = BenchOptions.Weights();
    private readonly Option<int> _tokens = BenchOptions.Count("--tokens", "Tokens of the measured batch", 512);
    private readonly Option<int> _length = BenchOptions.Count("--length", "Tokens of each sequence of the batch", 512);
    private readonly Option<double> _seconds = BenchOptions.Seconds(2);

    /// <inheritdoc/>
    public override void Declare(Command command)
    {
        foreach (Option option in new Option[] { _models, _weights, _tokens, _length, _seconds }) command.Options.Add(option);
    }

    /// <summary>Measures every model asked for into <paramref name="result"/>.</summary>
    public void Run(BenchModelRequest request, Device device, BenchResult result, CommandContext context)
    {
        foreach (string name in request.Models)
        {
            var loading = new Forward<LoadProgress>(p => context.Progress.Report($"preparing {name}", p.BytesDone, p.BytesTotal, Format.Bytes(p.BytesTotal)));
            using var model = BenchModel.Open(device, name, request.Weights, loading, context.Cancellation);
            context.Progress.Say($"{Name}: {name} {model.Storage}, {request.Tokens} tokens in sequences of {request.Length}");
            Measure(model, request, result, context.Cancellation);
        }
    }

    /// <inheritdoc/>
    protected override BenchModelRequest Bind(ParseResult result)
    {
        var request = new BenchModelRequest(
            result.GetRequiredValue(_models),
            result.ValueOr(_weights, DType.F32),
            result.GetRequiredValue(_tokens),
            result.GetRequiredValue(_length),
            result.GetRequiredValue(_seconds));
        if (request.Length > request.Tokens)
        {
            bool said = result.GetResult(_length) is { Implicit: false };
            if (said) throw new UsageException($"--length {request.Length}: a batch of {request.Tokens} tokens has no such sequence");
            request = request with { Length = request.Tokens };
        }

        return request;
    }

    /// <inheritdoc/>
    protected override ExitCode Handle(BenchModelRequest request, CommandContext context)
    {
        using var device = context.OpenDevice();
        var result = new BenchResult(device, DeviceCeilings.Measure(device));
        Run(request, device, result, context);
        BenchReport.Write(result, context);
        return ExitCodes.Ok;
    }

    /// <summary>Measures one model.</summary>
    protected abstract void Measure(BenchModel model, BenchModelRequest request, BenchResult result, CancellationToken ct);
}

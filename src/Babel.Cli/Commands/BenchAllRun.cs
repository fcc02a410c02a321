using Babel.Analysis.Benchmarks;
using Babel.Cli.Output;
using Babel.Cli.Reports;
using Babel.Kernels;
using Babel.Kernels.Diagnostics.Bench;
using Babel.Kernels.Errors;
using Babel.Model;
using Babel.Model.RandomModels;

namespace Babel.Cli.Commands;

/// <summary>The parts of <c>babel bench all</c>: one that fails is reported, and the others go on.</summary>
internal sealed class BenchAllRun(BenchAllRequest request, CommandContext context)
{
    /// <summary>Done, or how the first part that failed would have ended the program.</summary>
    public ExitCode Worst { get; private set; } = ExitCodes.Ok;

    /// <summary>The result of a device, with its ceilings.</summary>
    public BenchResult Begin(Device device)
    {
        try
        {
            return new BenchResult(device, DeviceCeilings.Measure(device));
        }
        catch (BabelException e) when (e is not DeviceLostException)
        {
            var result = new BenchResult(device, new DeviceCeilings(double.NaN, "not measured", double.NaN, "not measured"));
            Fail(result, "ceilings", e);
            return result;
        }
    }

    /// <summary>Runs a part; afterwards <paramref name="device"/>, if it is given, has its memory for what comes next.</summary>
    public void Try(BenchResult result, string part, Action measure, Device? device = null)
    {
        context.Cancellation.ThrowIfCancellationRequested();
        context.Progress.Say($"{part}, {result.Precision.Word()} precision");
        try
        {
            measure();
        }
        catch (Exception e) when (e is BabelException or OutOfMemoryException or IOException)
        {
            Fail(result, part, e);
        }

        device?.ReleaseScratch();
        device?.Trim();
    }

    /// <summary>Every operator at the sizes of a model.</summary>
    public void Operators(Device device, BenchResult result, string model)
    {
        if (!RandomModelShape.Named.TryGetValue(model, out var named)) return;
        var shape = BenchOperatorsCommand.ShapeOf(named, DType.BF16, request.Tokens, request.Length);
        Try(
            result,
            $"operators, {model}",
            () =>
            {
                foreach (var one in OperatorBench.Run(device, result.Ceilings, shape, request.Seconds / 10))
                {
                    context.Cancellation.ThrowIfCancellationRequested();
                    result.Operators.Add(one);
                }
            },
            device);
    }

    /// <summary>Prefill, generation and statistics of a model.</summary>
    public void Model(Device device, BenchResult result, string name) => Try(
        result,
        $"model {name}",
        () =>
        {
            var loading = new Forward<LoadProgress>(p => context.Progress.Report($"preparing {name}", p.BytesDone, p.BytesTotal, Format.Bytes(p.BytesTotal)));
            using var model = BenchModel.Open(device, name, DType.BF16, loading, context.Cancellation);
            Try(result, $"forward, {name}", () => result.Forwards.Add(
                ForwardBench.Measure(model, request.Tokens, request.Length, request.Seconds, context.Cancellation)));
            Try(result, $"statistics, {name}", () => result.Statistics.Add(
                StatisticsBench.Measure(model, result.Ceilings, request.Tokens, request.Length, request.Seconds * 2, context.Cancellation)));
        },
        device);

    private void Fail(BenchResult result, string part, Exception reason)
    {
        result.Failures.Add((part, reason.Message));
        if (Worst != ExitCodes.Ok) return;

        // A call of the device's that failed is no defect with a stack trace to show.
        Worst = ExitCodes.Of(reason) == ExitCodes.Defect ? ExitCodes.Device : ExitCodes.Of(reason);
    }
}

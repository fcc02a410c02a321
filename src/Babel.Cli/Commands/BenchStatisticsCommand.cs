using Babel.Analysis.Benchmarks;
using Babel.Cli.Reports;

namespace Babel.Cli.Commands;

/// <summary><c>babel bench statistics</c>: what ablation and statistics add to a forward pass.</summary>
internal sealed class BenchStatisticsCommand : BenchModelCommand
{
    /// <inheritdoc/>
    public override string Name => "bench statistics";

    /// <inheritdoc/>
    public override string Summary => "Time forward passes with neurons off and with statistics, over the plain pass.";

    /// <inheritdoc/>
    public override IReadOnlyList<Example> Examples =>
    [
        new("bench statistics --model small --length 128", "ratios to the plain pass of the same round"),
        new("bench statistics --model samples/babel-nano --length 128 --seconds 10 --json", "steadier, for a record"),
    ];

    /// <inheritdoc/>
    protected override void Measure(BenchModel model, BenchModelRequest request, BenchResult result, CancellationToken ct) =>
        result.Statistics.Add(StatisticsBench.Measure(model, result.Ceilings, request.Tokens, request.Length, request.Seconds, ct));
}

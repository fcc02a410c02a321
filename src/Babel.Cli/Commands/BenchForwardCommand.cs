using Babel.Analysis.Benchmarks;
using Babel.Cli.Reports;

namespace Babel.Cli.Commands;

/// <summary><c>babel bench forward</c>: reading and writing text, beside the device's ceilings.</summary>
internal sealed class BenchForwardCommand : BenchModelCommand
{
    /// <inheritdoc/>
    public override string Name => "bench forward";

    /// <inheritdoc/>
    public override string Summary => "Time reading text (prefill) and writing it (one token at a time), as shares of the device's ceilings.";

    /// <inheritdoc/>
    public override IReadOnlyList<Example> Examples =>
    [
        new("bench forward --model small 1b --weights bf16", "random models of two named shapes"),
        new("bench forward --model path/to/model --tokens 2048 --length 512", "a model of your own, four sequences of 512"),
    ];

    /// <inheritdoc/>
    protected override void Measure(BenchModel model, BenchModelRequest request, BenchResult result, CancellationToken ct) =>
        result.Forwards.Add(ForwardBench.Measure(model, request.Tokens, request.Length, request.Seconds, ct));
}

using System.CommandLine;
using System.Globalization;
using Babel.Cli.Inputs;
using Babel.Cli.Options;
using Babel.Cli.Reports;
using Babel.Kernels;
using Babel.Kernels.Diagnostics.Bench;
using Babel.Model.RandomModels;

namespace Babel.Cli.Commands;

/// <summary><c>babel bench operators</c>: every operator of a device beside its ceilings.</summary>
internal sealed class BenchOperatorsCommand : CommandBase<BenchOperatorsRequest>
{
    private readonly Option<string> _shape = new("--shape")
    {
        Description = $"Sizes of the operands: those of a model ({string.Join(", ", RandomModelShape.Named.Keys)}), or MxNxK for one product",
        HelpName = "shape",
        DefaultValueFactory = _ => "small",
    };

    private readonly Option<string?> _operator = new("--operator") { Description = "Only this operator", HelpName = "name" };
    private readonly Option<DType> _weights = BenchOptions.Weights();
    private readonly Option<int> _tokens = BenchOptions.Count("--tokens", "Token rows of the batch", 512);
    private readonly Option<int> _length = BenchOptions.Count("--length", "Tokens of each of its sequences", 128);
    private readonly Option<double> _seconds = BenchOptions.Seconds(0.3);

    /// <inheritdoc/>
    public override string Name => "bench operators";

    /// <inheritdoc/>
    public override string Summary => "Time every operator of a device: GFLOP/s, GB/s, and the share of what the device can do.";

    /// <inheritdoc/>
    public override IReadOnlyList<Example> Examples =>
    [
        new("bench operators", "the processor, at the sizes of a small model"),
        new("bench operators --shape 1b --weights bf16 --operator Linear", "one operator at the sizes of a larger one"),
        new("bench operators --shape 256x4096x4096 --threads 1", "one product, M token rows, N outputs, K inputs"),
    ];

    /// <inheritdoc/>
    public override void Declare(Command command)
    {
        foreach (Option option in new Option[] { _shape, _operator, _weights, _tokens, _length, _seconds }) command.Options.Add(option);
    }

    /// <summary>Measures into <paramref name="result"/>.</summary>
    public static void Run(BenchOperatorsRequest request, Device device, BenchResult result, CommandContext context)
    {
        var measured = request.Product is { } product
            ? OperatorBench.RunProducts(device, result.Ceilings, request.Shape, request.Seconds, [product])
            : OperatorBench.Run(device, result.Ceilings, request.Shape, request.Seconds, request.Operator);
        foreach (var one in measured)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            result.Operators.Add(one);
            context.Progress.Report("operators", result.Operators.Count, 0, $"{result.Operators.Count} cases, {one.Operator} {one.Case}");
        }
    }

    /// <summary>The operands of a model's shape.</summary>
    public static OperatorBenchShape ShapeOf(RandomModelShape shape, DType weights, int tokens, int length) => new()
    {
        ModelWidth = shape.ModelWidth,
        FfnWidth = shape.FfnWidth,
        Vocabulary = shape.Vocabulary,
        Heads = shape.Heads,
        KvHeads = shape.KvHeads,
        HeadDim = shape.HeadDim,
        Sequences = Math.Max(1, tokens / length),
        Length = Math.Min(length, tokens),
        Weights = weights,
    };

    /// <inheritdoc/>
    protected override BenchOperatorsRequest Bind(ParseResult result)
    {
        string text = result.GetRequiredValue(_shape);
        string? op = result.GetValue(_operator);
        if (op is not null && !OperatorBench.Operators.Contains(op, StringComparer.Ordinal))
            throw new UsageException($"--operator: there is no operator '{op}'; there are {string.Join(", ", OperatorBench.Operators)}");
        var product = Product(text);
        if (product is not null && op is not null) throw new UsageException("--operator does not go with --shape MxNxK, which is a product");
        if (product is null && !RandomModelShape.Named.ContainsKey(text))
            throw new UsageException($"--shape: '{text}' is none of {string.Join(", ", RandomModelShape.Named.Keys)}, nor a product such as 256x4096x4096");
        var named = RandomModelShape.Named[product is null ? text : "small"];
        var shape = ShapeOf(named, result.ValueOr(_weights, DType.F32), result.GetRequiredValue(_tokens), result.GetRequiredValue(_length));
        return new BenchOperatorsRequest(shape, product, op, result.GetRequiredValue(_seconds));
    }

    /// <inheritdoc/>
    protected override ExitCode Handle(BenchOperatorsRequest request, CommandContext context)
    {
        using var device = context.OpenDevice();
        var result = new BenchResult(device, DeviceCeilings.Measure(device));
        Run(request, device, result, context);
        BenchReport.Write(result, context);
        return ExitCodes.Ok;
    }

    private static (int M, int N, int K)? Product(string text)
    {
        string[] parts = text.Split('x');
        int[] sizes = new int[3];
        if (parts.Length != 3) return null;
        for (int i = 0; i < 3; i++)
        {
            if (!int.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out sizes[i]) || sizes[i] < 1) return null;
        }

        return (sizes[0], sizes[1], sizes[2]);
    }
}

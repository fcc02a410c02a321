using System.CommandLine;
using System.Diagnostics;
using Babel.Cli.Options;
using Babel.Cli.Reports;
using Babel.Kernels;
using Babel.Kernels.Diagnostics.Bench;
using Babel.Model.RandomModels;

namespace Babel.Cli.Commands;

/// <summary><c>babel bench all</c>: everything there is to know of a device, in both precisions, as a record.</summary>
internal sealed class BenchAllCommand : CommandBase<BenchAllRequest>
{
    /// <summary>A product or a forward pass that takes longer than this is left out, unless it is asked for.</summary>
    private const double MostSeconds = 1;

    private const int AttentionHeads = 32;
    private const int AttentionHeadDim = 128;
    private const int CopyBytes = 256 << 20;

    private static readonly int[] s_sides = [8192, 4096, 1024];
    private static readonly string[] s_models = ["7b", "1b", "small", "nano"];

    private readonly Option<int[]> _sides = new("--side")
    {
        Description = "Sides of the square products [default: 4096 and 8192, as far as the device has time for them]", HelpName = "n", AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [],
    };

    private readonly Option<string[]> _models = new("--model")
    {
        Description = $"Model folders, or shapes with random weights drawn on the device: {string.Join(", ", RandomModelShape.Named.Keys)} [default: the two largest it has time for]",
        HelpName = "folder|shape", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [],
    };

    private readonly Option<int> _tokens = BenchOptions.Count("--tokens", "Tokens of the measured batches", 2048);
    private readonly Option<int> _length = BenchOptions.Count("--length", "Tokens of each of their sequences", 512);
    private readonly Option<int> _attention = BenchOptions.Count("--attention-length", "Tokens of the sequence attention is measured on, a multiple of 8", 4096);
    private readonly Option<double> _seconds = BenchOptions.Seconds(1);
    private readonly Option<string?> _output = new("--output") { Description = "Write the record into this folder too: DATE-DEVICE.md and .json", HelpName = "folder" };
    private readonly Option<string?> _cublas = new("--cublas") { Description = "The file of the cuBLAS to compare with [default: the system's, if there is one]", HelpName = "file" };

    /// <inheritdoc/>
    public override string Name => "bench all";

    /// <inheritdoc/>
    public override string Summary => "Measure a device from its ceilings to whole models, in every precision it has, beside cuBLAS where that is found.";

    /// <inheritdoc/>
    public override IReadOnlyList<Example> Examples =>
    [
        new("bench all --device cuda:0 --output records", "a GPU, in a few minutes; with `selftest` all that a borrowed one is needed for"),
        new("bench all --model small --side 1024 --seconds 0.2", "a processor, quickly"),
    ];

    /// <inheritdoc/>
    public override void Declare(Command command)
    {
        foreach (Option option in new Option[] { _sides, _models, _tokens, _length, _attention, _seconds, _output, _cublas }) command.Options.Add(option);
    }

    /// <inheritdoc/>
    protected override BenchAllRequest Bind(ParseResult result)
    {
        var request = new BenchAllRequest(
            result.GetRequiredValue(_sides), result.GetRequiredValue(_models), result.GetRequiredValue(_tokens), result.GetRequiredValue(_length),
            result.GetRequiredValue(_attention), result.GetRequiredValue(_seconds), result.GetValue(_output), result.GetValue(_cublas));
        if (request.Sides.Any(s => s < 8)) throw new UsageException("--side is at least 8");
        if (request.AttentionLength % 8 != 0) throw new UsageException("--attention-length is a multiple of 8");
        return request.Length <= request.Tokens ? request : throw new UsageException($"--length {request.Length}: a batch of {request.Tokens} tokens has no such sequence");
    }

    /// <inheritdoc/>
    protected override ExitCode Handle(BenchAllRequest request, CommandContext context)
    {
        long start = Stopwatch.GetTimestamp();
        using var exact = context.OpenDevice(Precision.Exact);
        using var other = context.Devices.Open(exact.Name, context.Request.DeviceOptions with { Precision = Precision.Fast });
        var fast = other.Precision == Precision.Fast ? other : null;
        context.Progress.Say($"bench all: {exact.Name}, {exact.Description}");
        var run = new BenchAllRun(request, context);
        var results = new[] { exact, fast }.OfType<Device>().Select(d => (Device: d, Result: run.Begin(d))).ToList();
        var first = results[0].Result;
        if (fast is null) first.Failures.Add(("fast precision", other.WhyNotFast ?? $"{exact.Name} has none"));
        run.Try(first, "copies", () => first.Copies.AddRange(CopyBench.Measure(exact, CopyBytes, request.Seconds / 5)));
        var ceilings = (first.Ceilings, results.ElementAtOrDefault(1).Result?.Ceilings);
        foreach (int side in Sides(request, first))
            run.Try(first, $"products of {side} cubed", () => first.Products.Add(ProductBench.Measure(exact, fast, ceilings, side, request.Seconds * 3, request.Cublas)));
        foreach (var (device, result) in results)
        {
            run.Try(result, "attention", () => result.Operators.AddRange(
                AttentionBench.Measure(device, result.Ceilings, request.AttentionLength, AttentionHeads, AttentionHeadDim, request.Seconds / 2)), device);
        }

        var models = Models(request, first).ToList();
        foreach (var (device, result) in results) run.Operators(device, result, models[^1]);
        foreach (string model in models)
        {
            foreach (var (device, result) in results) run.Model(device, result, model);
        }

        BenchRecord.Write([.. results.Select(r => r.Result)], request.Options, request.Output, Stopwatch.GetElapsedTime(start), context);
        return run.Worst;
    }

    private static IEnumerable<int> Sides(BenchAllRequest request, BenchResult result)
    {
        if (request.Sides.Count > 0) return request.Sides;
        var inTime = s_sides.Where(s => 2.0 * s * s * s / (result.Ceilings.Gflops * 1e9) <= MostSeconds).Take(2).DefaultIfEmpty(s_sides[^1]).Order().ToList();
        foreach (int side in s_sides.Where(s => s > inTime[^1])) result.Failures.Add(($"products of {side} cubed", TooSlow));
        return inTime;
    }

    private static IEnumerable<string> Models(BenchAllRequest request, BenchResult result)
    {
        if (request.Models.Count > 0) return request.Models;
        double Seconds(string name)
        {
            var s = RandomModelShape.Named[name];
            double layer = (2.0 * s.ModelWidth * s.HeadDim * (s.Heads + s.KvHeads)) + (3.0 * s.ModelWidth * s.FfnWidth);
            return 2.0 * request.Tokens * ((s.Layers * layer) + ((double)s.Vocabulary * s.ModelWidth)) / (result.Ceilings.Gflops * 1e9);
        }

        var inTime = s_models.Where(m => Seconds(m) <= MostSeconds).Take(2).DefaultIfEmpty(s_models[^1]).Reverse().ToList();
        foreach (string model in s_models.TakeWhile(m => m != inTime[^1])) result.Failures.Add(($"model {model}", TooSlow));
        return inTime;
    }

    private static string TooSlow => string.Create(
        System.Globalization.CultureInfo.InvariantCulture, $"at this device's ceiling it would take more than {MostSeconds} s; ask for it by --side or --model");
}

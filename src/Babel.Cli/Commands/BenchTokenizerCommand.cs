using System.CommandLine;
using Babel.Analysis.Benchmarks;
using Babel.Cli.Inputs;
using Babel.Cli.Reports;
using Babel.Kernels;
using Babel.Kernels.Diagnostics.Bench;
using Babel.Kernels.Errors;

namespace Babel.Cli.Commands;

/// <summary><c>babel bench tokenizer</c>: how fast tokenizers read text.</summary>
internal sealed class BenchTokenizerCommand : CommandBase<BenchTokenizerRequest>
{
    private readonly Argument<string[]> _folders = new("FOLDER")
    {
        Description = "Folders with a tokenizer, or with folders that have one [default: the sample model]",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<string?> _corpus = new("--corpus")
    {
        Description = "A text file, or a folder of .txt files [default: the sample text]", HelpName = "path",
    };

    private readonly Option<double> _seconds = BenchOptions.Seconds(2);

    /// <inheritdoc/>
    public override string Name => "bench tokenizer";

    /// <inheritdoc/>
    public override string Summary => "Time tokenizers with warm caches: MB/s on one core and on all.";

    /// <inheritdoc/>
    public override IReadOnlyList<Example> Examples =>
    [
        new("bench tokenizer", "the sample model's, on the sample text"),
        new("bench tokenizer path/to/models --corpus path/to/text.txt", "every tokenizer in the folders below, on a text of your own"),
    ];

    /// <inheritdoc/>
    public override void Declare(Command command)
    {
        command.Arguments.Add(_folders);
        command.Options.Add(_corpus);
        command.Options.Add(_seconds);
    }

    /// <summary>Measures into <paramref name="result"/>.</summary>
    public static void Run(BenchTokenizerRequest request, BenchResult result, CommandContext context)
    {
        var text = TokenizerBench.ReadText(request.Corpus ?? Samples.Find().Text);
        var folders = request.Folders.Count > 0 ? request.Folders : [Samples.Find().Model];
        var found = folders.SelectMany(TokenizerBench.FindFolders).ToList();
        foreach (string folder in found)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            context.Progress.Say($"tokenizer: {Path.GetFileName(folder)}");
            try
            {
                result.Tokenizers.Add(TokenizerBench.Measure(folder, text, request.Seconds));
            }
            catch (BabelException e) when (found.Count > 1)
            {
                // One of many that cannot be read does not take the others' figures away.
                context.Progress.Say(e.Message);
            }
        }
    }

    /// <inheritdoc/>
    protected override BenchTokenizerRequest Bind(ParseResult result) =>
        new(result.GetValue(_folders) ?? [], result.GetValue(_corpus), result.GetRequiredValue(_seconds));

    /// <inheritdoc/>
    protected override ExitCode Handle(BenchTokenizerRequest request, CommandContext context)
    {
        using var device = context.OpenDevice();
        var result = new BenchResult(device, DeviceCeilings.Measure(device));
        Run(request, result, context);
        BenchReport.Write(result, context);
        return ExitCodes.Ok;
    }
}

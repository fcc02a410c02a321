using System.CommandLine;
using Babel.Cli.Inputs;
using Babel.Cli.Options;
using Babel.Cli.Output;
using Babel.Kernels;
using Babel.Model;
using Babel.Model.RandomModels;

namespace Babel.Cli.Commands;

/// <summary><c>babel bench make-model</c>: a model folder of any shape with random weights.</summary>
internal sealed class BenchMakeModelCommand : CommandBase<BenchMakeModelRequest>
{
    private readonly Argument<string> _out = new("OUT") { Description = "The folder to make; nothing may be there" };

    private readonly Option<string> _shape = new("--shape")
    {
        Description = $"Sizes to begin with: {string.Join(", ", RandomModelShape.Named.Keys)}; the other options change them", HelpName = "name", DefaultValueFactory = _ => "tiny",
    };

    private readonly Option<string?> _family = new("--family")
    {
        Description = $"model_type of the configuration: {string.Join(", ", RandomModel.Families)} [default: llama]", HelpName = "name",
    };

    private readonly Option<int?> _width = BenchOptions.OptionalCount("--hidden-size", "D, width of the residual stream");
    private readonly Option<int?> _layers = BenchOptions.OptionalCount("--layers", "L, blocks");
    private readonly Option<int?> _heads = BenchOptions.OptionalCount("--heads", "H, query heads");
    private readonly Option<int?> _kvHeads = BenchOptions.OptionalCount("--kv-heads", "K, key/value heads [default: H, if --heads is given]");
    private readonly Option<int?> _headDim = BenchOptions.OptionalCount("--head-dim", "d, length of a head [default: D / H]");
    private readonly Option<int?> _ffn = BenchOptions.OptionalCount("--intermediate-size", "F, neurons of the FFN");
    private readonly Option<int?> _vocabulary = BenchOptions.OptionalCount("--vocab", "V, tokens");
    private readonly Option<int?> _positions = BenchOptions.OptionalCount("--positions", "Tokens the model says it was made for");
    private readonly Option<DType> _dtype = BenchOptions.Weights("--dtype", "bf16");
    private readonly Option<ulong> _seed = new("--seed") { Description = "The same shape and seed make the same bytes", HelpName = "n", DefaultValueFactory = _ => 1 };
    private readonly Option<string?> _tokenizer = new("--tokenizer") { Description = "Copy the tokenizer of this model folder, so that commands that read text can run", HelpName = "folder" };

    /// <inheritdoc/>
    public override string Name => "bench make-model";

    /// <inheritdoc/>
    public override string Summary => "Write a Hugging Face model folder of any shape with random weights.";

    /// <inheritdoc/>
    public override IReadOnlyList<Example> Examples =>
    [
        new("bench make-model models/1b --shape 1b", "a billion weights, 2.2 GB in BF16"),
        new("bench make-model models/mine --family qwen2 --hidden-size 512 --layers 4 --heads 8 --kv-heads 2 --intermediate-size 1536", "sizes of your own"),
        new("bench make-model models/small --shape small --tokenizer samples/babel-nano", "one that `babel score` and `babel stats` can run on text"),
    ];

    /// <inheritdoc/>
    public override void Declare(Command command)
    {
        command.Arguments.Add(_out);
        foreach (Option option in new Option[] { _shape, _family, _width, _layers, _heads, _kvHeads, _headDim, _ffn, _vocabulary, _positions, _dtype, _seed, _tokenizer })
            command.Options.Add(option);
    }

    /// <inheritdoc/>
    protected override BenchMakeModelRequest Bind(ParseResult result)
    {
        string name = result.GetRequiredValue(_shape);
        if (!RandomModelShape.Named.TryGetValue(name, out var shape))
            throw new UsageException($"--shape: '{name}' is none of {string.Join(", ", RandomModelShape.Named.Keys)}");
        string family = result.GetValue(_family) ?? shape.Family;
        if (!RandomModel.Families.Contains(family, StringComparer.Ordinal)) throw new UsageException($"--family: '{family}' is none of {string.Join(", ", RandomModel.Families)}");
        int width = result.GetValue(_width) ?? shape.ModelWidth, heads = result.GetValue(_heads) ?? shape.Heads;
        int kvHeads = result.GetValue(_kvHeads) ?? (result.GetValue(_heads) ?? shape.KvHeads);
        if (heads % kvHeads != 0) throw new UsageException($"--kv-heads: {kvHeads} do not divide {heads} heads");
        if (result.GetValue(_headDim) is null && width % heads != 0) throw new UsageException($"--heads: {heads} do not divide a width of {width}; give --head-dim");
        return new BenchMakeModelRequest(
            result.GetRequiredValue(_out),
            shape with
            {
                Family = family,
                ModelWidth = width,
                Layers = result.GetValue(_layers) ?? shape.Layers,
                Heads = heads,
                KvHeads = kvHeads,
                HeadDim = result.GetValue(_headDim) ?? width / heads,
                FfnWidth = result.GetValue(_ffn) ?? shape.FfnWidth,
                Vocabulary = result.GetValue(_vocabulary) ?? shape.Vocabulary,
                MaxPositions = result.GetValue(_positions) ?? shape.MaxPositions,
                Weights = result.ValueOr(_dtype, DType.BF16),
                Seed = result.GetValue(_seed),
            },
            result.GetValue(_tokenizer));
    }

    /// <inheritdoc/>
    protected override ExitCode Handle(BenchMakeModelRequest request, CommandContext context)
    {
        long bytes = 0;
        RandomModel.Write(
            request.Out,
            request.Shape,
            request.Tokenizer,
            new Forward<LoadProgress>(p => context.Progress.Report("writing", p.BytesDone, bytes = p.BytesTotal, Format.Bytes(p.BytesTotal))),
            context.Cancellation);
        var shape = request.Shape;
        context.Write(
            json =>
            {
                json.WriteString("folder", Path.GetFullPath(request.Out));
                json.WriteString("family", shape.Family);
                json.WriteString("weights", shape.Weights.ToString());
                json.WriteNumber("bytes", bytes);
            },
            output => output.WriteLine($"{request.Out}: {shape.Family}, {shape.Layers} layers of {shape.ModelWidth} and {shape.FfnWidth}, {shape.Weights}, {Format.Bytes(bytes)}"));
        return ExitCodes.Ok;
    }
}

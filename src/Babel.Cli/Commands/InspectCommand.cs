using System.CommandLine;
using System.Text.Json;
using Babel.Cli.Output;
using Babel.Kernels;
using Babel.Model;
using Babel.Model.Files;
using Babel.Model.Hub;
using Babel.Model.Tokenizers;

namespace Babel.Cli.Commands;

/// <summary><c>babel inspect</c>: what a model folder holds, read without loading weights, and what would be refused.</summary>
internal sealed class InspectCommand : CommandBase<string>
{
    private readonly Argument<string> _model = ModelOptions.Model();

    /// <inheritdoc/>
    public override string Name => "inspect";

    /// <inheritdoc/>
    public override string Summary => "Show what a model folder holds, without loading it, and what would be refused.";

    /// <inheritdoc/>
    public override IReadOnlyList<Example> Examples =>
    [
        new("inspect samples/babel-nano", "family, sizes, weights, tokenizer, neurons"),
        new("inspect bigscience/bloom-560m --json", "a model of the local hub cache, for a script"),
    ];

    /// <inheritdoc/>
    public override void Declare(Command command) => command.Arguments.Add(_model);

    /// <inheritdoc/>
    protected override string Bind(ParseResult result) => result.GetRequiredValue(_model);

    /// <inheritdoc/>
    protected override ExitCode Handle(string request, CommandContext context)
    {
        string folder = HubCache.Resolve(request);
        var refusals = new List<Refusal>();
        var spec = Refusal.Catch("config", refusals, () => ModelFolder.ReadSpec(folder));
        using var weights = Refusal.Catch("weights", refusals, () => Checkpoint.Open(folder));
        if (spec is not null && weights is not null)
        {
            Refusal.Catch("weights", refusals, () =>
            {
                ModelFolder.Check(folder, weights);
                return weights;
            });
        }

        var tokenizer = Refusal.Catch("tokenizer", refusals, () => Tokenizer.Load(folder));
        context.Write(
            json => WriteJson(json, folder, spec, weights, tokenizer, refusals),
            output => WriteTables(output, context.Style, folder, spec, weights, tokenizer, refusals));
        // A folder without a tokenizer still runs on ids; it is a remark, not the end.
        var fatal = refusals.Find(r => r.Part != "tokenizer");
        return fatal is null ? ExitCodes.Ok : ExitCodes.Of(fatal.Error);
    }

    private static IEnumerable<(string Name, string Value)> Facts(DecoderSpec spec)
    {
        yield return ("family", spec.Family);
        yield return ("layers", Format.Count(spec.Layers));
        yield return ("model width", Format.Count(spec.ModelWidth));
        yield return ("heads", $"{spec.Heads} query, {spec.KvHeads} key/value, of length {spec.HeadDim}");
        yield return ("ffn", $"{(spec.GatedFfn ? "gated" : "plain")}, width {Format.Count(spec.FfnWidth)}, {spec.Activation.Kind}");
        yield return ("norm", $"{spec.Norm}, epsilon {spec.NormEpsilon:R}; residual {spec.Residual}");
        yield return ("positions", Positions(spec));
        yield return ("vocabulary", Format.Count(spec.Vocabulary) + (spec.TiedEmbeddings ? ", embedding and unembedding are one" : ""));
        yield return ("context", Format.Count(spec.MaxPositions));
    }

    private static string Positions(DecoderSpec spec) => spec.Rope is not { } rope
        ? spec.Positions.ToString()
        : $"{spec.Positions}, theta {rope.Theta:R}, {rope.Width} of {spec.HeadDim} dimensions"
            + (rope.Scaling == default ? "" : $", {rope.Scaling} scaling by {rope.Factor:R}");

    private static IEnumerable<(NeuronPart Part, int Count)> Neurons(DecoderSpec spec) =>
        Enum.GetValues<NeuronPart>().Select(part => (part, spec.NeuronCount(part))).Where(p => p.Item2 > 0);

    private static IEnumerable<(DType Type, long Count, long Bytes)> Types(Checkpoint weights) => weights.Files
        .SelectMany(f => f.Tensors).GroupBy(t => t.DType).OrderBy(g => g.Key).Select(g => (g.Key, g.Sum(t => t.Count), g.Sum(t => t.Bytes)));

    private static string Kind(Tokenizer tokenizer) => tokenizer.GetType().Name.Replace("Tokenizer", "", StringComparison.Ordinal);

    private static void WriteTables(
        TextWriter output, Style style, string folder, DecoderSpec? spec, Checkpoint? weights, Tokenizer? tokenizer, List<Refusal> refusals)
    {
        var table = new Table(Column.Text("folder"), Column.Text(folder));
        if (spec is not null)
        {
            foreach (var (name, value) in Facts(spec)) table.Add(name, value);
        }

        foreach (var (type, count, bytes) in weights is null ? [] : Types(weights))
            table.Add($"weights {type}", $"{Format.Count(count)} parameters, {Format.Bytes(bytes)}");
        if (weights is not null) table.Add("files", $"{weights.Files.Count} safetensors, {weights.Names.Count} tensors");
        if (tokenizer is not null)
            table.Add("tokenizer", $"{Kind(tokenizer)}, {Format.Count(tokenizer.VocabularySize)} tokens, bos {Id(tokenizer.BosId)}, eos {Id(tokenizer.EosId)}");
        table.WriteTo(output, style);
        if (spec is not null) WriteNeurons(output, style, spec);
        output.WriteLine();
        if (refusals.Count == 0) output.WriteLine("Nothing is refused: the model can be run.");
        foreach (var refusal in refusals) output.WriteLine($"Refused, {refusal.Part}: {refusal.Error.Message}");
    }

    private static void WriteNeurons(TextWriter output, Style style, DecoderSpec spec)
    {
        output.WriteLine();
        var table = new Table(Column.Text("neurons"), Column.Number("a layer"), Column.Number("in all"));
        foreach (var (part, count) in Neurons(spec)) table.Add(part.ToString(), Format.Count(count), Format.Count((long)count * spec.Layers));
        table.WriteTo(output, style);
    }

    private static string Id(int? id) => id is { } n ? $"{n}" : "none";

    private static void WriteJson(
        Utf8JsonWriter json, string folder, DecoderSpec? spec, Checkpoint? weights, Tokenizer? tokenizer, List<Refusal> refusals)
    {
        json.WriteString("folder", folder);
        if (spec is not null) WriteSpec(json, spec);
        if (weights is not null)
        {
            json.WriteStartObject("weights");
            json.WriteNumber("files", weights.Files.Count);
            json.WriteNumber("tensors", weights.Names.Count);
            json.WriteNumber("bytes", weights.Bytes);
            json.WriteStartObject("parameters");
            foreach (var (type, count, _) in Types(weights)) json.WriteNumber(type.ToString(), count);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        if (tokenizer is not null)
        {
            json.WriteStartObject("tokenizer");
            json.WriteString("kind", Kind(tokenizer));
            json.WriteNumber("size", tokenizer.VocabularySize);
            json.WriteEndObject();
        }

        json.WriteStartArray("refused");
        foreach (var refusal in refusals)
        {
            json.WriteStartObject();
            json.WriteString("part", refusal.Part);
            json.WriteNumber("exitCode", ExitCodes.Of(refusal.Error).Code);
            json.WriteString("message", refusal.Error.Message);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteSpec(Utf8JsonWriter json, DecoderSpec spec)
    {
        json.WriteStartObject("spec");
        json.WriteString("family", spec.Family);
        json.WriteNumber("layers", spec.Layers);
        json.WriteNumber("modelWidth", spec.ModelWidth);
        json.WriteNumber("heads", spec.Heads);
        json.WriteNumber("kvHeads", spec.KvHeads);
        json.WriteNumber("headDim", spec.HeadDim);
        json.WriteNumber("ffnWidth", spec.FfnWidth);
        json.WriteBoolean("gatedFfn", spec.GatedFfn);
        json.WriteNumber("vocabulary", spec.Vocabulary);
        json.WriteNumber("maxPositions", spec.MaxPositions);
        json.WriteBoolean("tiedEmbeddings", spec.TiedEmbeddings);
        json.WriteEndObject();
        json.WriteStartObject("neuronsPerLayer");
        foreach (var (part, count) in Neurons(spec)) json.WriteNumber(part.ToString(), count);
        json.WriteEndObject();
    }
}

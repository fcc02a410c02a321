using System.CommandLine;
using Babel.Analysis.Planning;
using Babel.Cli.Inputs;
using Babel.Cli.Options;
using Babel.Cli.Output;
using Babel.Cli.Tracing;
using Babel.Kernels;
using Babel.Model;
using Babel.Model.Files;

namespace Babel.Cli.Commands;

/// <summary><c>babel trace</c>: the tensors of any site for given text or ids, so that the engine can be checked from outside.</summary>
internal sealed class TraceCommand : CommandBase<TraceRequest>
{
    private readonly Argument<string> _model = ModelOptions.Model();
    private readonly Option<string[]> _text = new("--text") { Description = "A text; may be given several times, one row each", HelpName = "text" };
    private readonly Option<string?> _ids = new("--ids") { Description = "Token ids: \"1 2 3;4 5\" or JSON; shorter rows are padded on the left", HelpName = "ids" };
    private readonly Option<string?> _mask = new("--attention-mask") { Description = "1 for a token, 0 for padding, in the shape of the ids", HelpName = "mask" };
    private readonly Option<string?> _positions = new("--position-ids") { Description = "Positions in the shape of the ids", HelpName = "ids" };
    private readonly Option<string> _sites = new("--sites")
    {
        Description = "Sites with commas between: MlpPost (all layers), MlpPost@3, Q@0-2, Logits, all",
        HelpName = "sites",
        DefaultValueFactory = _ => nameof(Site.Logits),
    };

    private readonly Option<string?> _ablate = ModelOptions.Ablate();
    private readonly Option<string> _out = new("--out", "-o") { Description = "File to write, .safetensors or .npz", HelpName = "file", Required = true };

    /// <inheritdoc/>
    public override string Name => "trace";

    /// <inheritdoc/>
    public override string Summary => "Write the tensors of any site, for given text or ids, to a safetensors or npz file.";

    /// <inheritdoc/>
    public override IReadOnlyList<Example> Examples =>
    [
        new("trace samples/babel-nano --text \"In the beginning\" --sites Logits,MlpPost -o trace.safetensors", "logits and every layer's neurons"),
        new("trace samples/babel-nano --ids \"1 2 3;4 5\" --sites ResidPost@5,Pattern -o trace.npz", "two rows, the shorter padded on the left"),
        new("trace samples/babel-nano --ids 1,2,3 --ablate set.json -o off.npz", "the same with neurons switched off"),
    ];

    /// <inheritdoc/>
    public override void Declare(Command command)
    {
        command.Arguments.Add(_model);
        foreach (Option option in new Option[] { _text, _ids, _mask, _positions, _sites, _ablate, _out }) command.Options.Add(option);
    }

    /// <inheritdoc/>
    protected override TraceRequest Bind(ParseResult result)
    {
        string[] texts = result.GetValue(_text) ?? [];
        string? ids = result.GetValue(_ids), mask = result.GetValue(_mask), positions = result.GetValue(_positions);
        if (texts.Length == 0 == (ids is null)) throw new UsageException("give either --text or --ids");
        if (ids is null && (mask ?? positions) is not null) throw new UsageException("--attention-mask and --position-ids go with --ids");
        string path = result.GetRequiredValue(_out);
        if (Path.GetExtension(path) is not (".safetensors" or ".npz")) throw new UsageException("--out ends in .safetensors or .npz");
        return new TraceRequest(
            result.GetRequiredValue(_model),
            texts,
            ids is null ? null : IdGrid.Parse("--ids", ids),
            mask is null ? null : IdGrid.Parse("--attention-mask", mask),
            positions is null ? null : IdGrid.Parse("--position-ids", positions),
            result.GetRequiredValue(_sites),
            result.GetValue(_ablate),
            path);
    }

    /// <inheritdoc/>
    protected override ExitCode Handle(TraceRequest request, CommandContext context)
    {
        AblationFile.RequireFile(request.Ablate);
        using var session = ModelSession.Open(request.Model, context);
        var sites = SiteList.Parse(request.Sites, session.Footprint.Spec);
        int[][] rows = request.Ids ?? [.. request.Texts.Select(t => session.Tokenizer.Encode(t, addSpecialTokens: true))];
        var (ids, mask) = IdGrid.PadLeft(rows);
        session.Load(
            new Workload { BatchTokens = ids.Length, LongestWindow = ids.GetLength(1), SequencesPerBatch = rows.Length, ScorePasses = 1, ScoreTokens = ids.Length },
            Remedies.None);
        if (request.Mask is not null) mask = IdGrid.Rectangle("--attention-mask", request.Mask, ids);
        var positions = request.Positions is null ? null : IdGrid.Rectangle("--position-ids", request.Positions, ids);
        var plan = new ProbePlan
        {
            Captures = sites.ToHashSet(),
            Ablation = request.Ablate is null ? null : AblationFile.Load(request.Ablate, session.Model, context.Progress.Say),
        };

        using var batch = Batch.FromPadded(session.Model, ids, mask, positions);
        var capture = new PaddedCapture(session.Model, batch, ids.GetLength(0), ids.GetLength(1));
        session.Model.Run(batch, ForwardOutput.None, plan, capture, context.Cancellation);
        var tensors = Inputs(ids, mask, positions).Concat(capture.Tensors).ToList();
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["model"] = session.Model.Fingerprint,
            ["device"] = session.Device.Name,
            ["precision"] = session.Device.Precision.Word(),
        };
        Save(request.Out, tensors, metadata);
        Report(request.Out, tensors, context);
        return ExitCodes.Ok;
    }

    private static IEnumerable<NamedTensor> Inputs(int[,] ids, int[,]? mask, int[,]? positions)
    {
        yield return Grid("input_ids", ids);
        if (mask is not null) yield return Grid("attention_mask", mask);
        if (positions is not null) yield return Grid("position_ids", positions);
    }

    private static NamedTensor Grid(string name, int[,] values) =>
        NamedTensor.Of(name, [.. values.Cast<int>().Select(v => (long)v)], values.GetLength(0), values.GetLength(1));

    private static void Save(string path, List<NamedTensor> tensors, Dictionary<string, string> metadata)
    {
        if (Path.GetExtension(path) == ".npz") NpzWriter.Write(path, tensors);
        else SafetensorsWriter.Write(path, tensors, metadata);
    }

    private static void Report(string path, List<NamedTensor> tensors, CommandContext context) => context.Write(
        json =>
        {
            json.WriteString("file", path);
            json.WriteStartArray("tensors");
            foreach (var tensor in tensors)
            {
                json.WriteStartObject();
                json.WriteString("name", tensor.Name);
                json.WriteString("dtype", tensor.DType.ToString());
                json.WriteStartArray("shape");
                foreach (long extent in tensor.Shape) json.WriteNumberValue(extent);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndArray();
        },
        output =>
        {
            var table = new Table(Column.Text("tensor"), Column.Text("type"), Column.Text("shape"));
            foreach (var tensor in tensors) table.Add(tensor.Name, tensor.DType.ToString(), $"[{string.Join(',', tensor.Shape)}]");
            table.WriteTo(output, context.Style);
            output.WriteLine($"written to {path}");
        });
}

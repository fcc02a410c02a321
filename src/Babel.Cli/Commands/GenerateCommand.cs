using System.CommandLine;
using Babel.Analysis.Planning;
using Babel.Cli.Inputs;
using Babel.Cli.Options;
using Babel.Kernels;
using Babel.Model;

namespace Babel.Cli.Commands;

/// <summary><c>babel generate</c>: prompts continued, greedily or drawn, with neurons switched off if asked.</summary>
internal sealed class GenerateCommand : CommandBase<GenerateRequest>
{
    private readonly Argument<string> _model = ModelOptions.Model();
    private readonly Option<string[]> _prompt = new("--prompt") { Description = "Text to continue; may be given several times", HelpName = "text" };
    private readonly Option<string?> _ids = new("--ids") { Description = "Token ids instead of text: \"1 2 3;4 5\" or JSON", HelpName = "ids" };
    private readonly Option<int> _tokens = new("--max-new-tokens") { Description = "Tokens at most, for each prompt", HelpName = "n", DefaultValueFactory = _ => 64 };
    private readonly Option<float> _temperature = new("--temperature")
    {
        Description = "0 takes the most probable token; above, one is drawn", HelpName = "t", DefaultValueFactory = _ => 0,
    };

    private readonly Option<int> _topK = new("--top-k") { Description = "Draw from the k most probable only; 0 for all", HelpName = "k", DefaultValueFactory = _ => 0 };
    private readonly Option<float> _topP = new("--top-p") { Description = "Draw from the smallest set reaching p only", HelpName = "p", DefaultValueFactory = _ => 1 };
    private readonly Option<long> _seed = new("--seed") { Description = "The same seed draws the same tokens", HelpName = "n", DefaultValueFactory = _ => 0 };
    private readonly Option<bool> _ignoreEos = new("--ignore-eos") { Description = "Go on after an end-of-text token" };
    private readonly Option<string?> _ablate = ModelOptions.Ablate();

    /// <inheritdoc/>
    public override string Name => "generate";

    /// <inheritdoc/>
    public override string Summary => "Continue prompts, greedily or drawn, with neurons switched off if asked.";

    /// <inheritdoc/>
    public override IReadOnlyList<Example> Examples =>
    [
        new("generate samples/babel-nano --prompt \"In the beginning\"", "the most probable continuation"),
        new("generate samples/babel-nano --prompt \"Und Gott sprach\" --temperature 0.7 --top-k 40 --seed 1", "a drawn one, repeatable"),
        new("generate samples/babel-nano --prompt \"Und Gott sprach\" --ablate runs/babel-nano/neurons.json#de", "with the German neurons off"),
    ];

    /// <inheritdoc/>
    public override void Declare(Command command)
    {
        command.Arguments.Add(_model);
        foreach (Option option in new Option[] { _prompt, _ids, _tokens, _temperature, _topK, _topP, _seed, _ignoreEos, _ablate }) command.Options.Add(option);
    }

    /// <inheritdoc/>
    protected override GenerateRequest Bind(ParseResult result)
    {
        string[] prompts = result.GetValue(_prompt) ?? [];
        string? ids = result.GetValue(_ids);
        if (prompts.Length == 0 == (ids is null)) throw new UsageException("give either --prompt or --ids");
        var options = new GenerationOptions
        {
            MaxNewTokens = result.GetValue(_tokens),
            Temperature = result.GetValue(_temperature),
            TopK = result.GetValue(_topK),
            TopP = result.GetValue(_topP),
            Seed = unchecked((ulong)result.GetValue(_seed)),
        };
        if (options.MaxNewTokens < 1) throw new UsageException("--max-new-tokens is 1 or more");
        if (!(options.Temperature >= 0) || !float.IsFinite(options.Temperature)) throw new UsageException("--temperature is 0 or more");
        if (options.TopK < 0) throw new UsageException("--top-k is 0 or more");
        if (options.TopP is not (> 0 and <= 1)) throw new UsageException("--top-p is above 0 and at most 1");
        return new GenerateRequest(
            result.GetRequiredValue(_model), prompts, ids is null ? null : IdGrid.Parse("--ids", ids), options,
            result.GetValue(_ignoreEos), result.GetValue(_ablate));
    }

    /// <inheritdoc/>
    protected override ExitCode Handle(GenerateRequest request, CommandContext context)
    {
        AblationFile.RequireFile(request.Ablate);
        using var session = ModelSession.Open(request.Model, context);
        var spec = session.Footprint.Spec;
        IReadOnlyList<int[]> prompts = request.Ids ?? [.. request.Prompts.Select(p => session.Tokenizer.Encode(p, addSpecialTokens: true))];
        int tokens = prompts.Sum(p => p.Length);
        session.Load(
            new Workload
            {
                BatchTokens = tokens,
                SequencesPerBatch = prompts.Count,
                ScorePasses = 1,
                ScoreTokens = tokens,
                CacheTokens = tokens + ((long)prompts.Count * request.Options.MaxNewTokens),
            },
            Remedies.None,
            Schedule.Token,
            say: false);
        int[] stops = request.IgnoreEos ? [] : [.. spec.EosIds];
        var plan = request.Ablate is null ? null : new ProbePlan { Ablation = AblationFile.Load(request.Ablate, session.Model, context.Progress.Say) };
        int step = 0;
        var made = new TextGenerator(session.Model).Generate(
            prompts,
            request.Options with { StopIds = stops },
            plan,
            (_, _) => context.Progress.Report("generating", ++step, 0, $"{step} tokens"),
            context.Cancellation);
        string?[] texts = [.. made.Select((ids, i) => request.Ids is null ? Continuation(session, prompts[i], ids) : null)];
        Write(request, session, context, prompts, made, texts);
        return ExitCodes.Ok;
    }

    // Decoding prompt and continuation together keeps the space between them and characters split over tokens.
    private static string Continuation(ModelSession session, int[] prompt, int[] made) =>
        session.Tokenizer.Decode([.. prompt, .. made], skipSpecialTokens: true);

    private static void Write(
        GenerateRequest request, ModelSession session, CommandContext context, IReadOnlyList<int[]> prompts, IReadOnlyList<int[]> made, string?[] texts) =>
        context.Write(
            json =>
            {
                json.WriteString("model", request.Model);
                json.WriteString("device", session.Device.Name);
                json.WriteString("precision", session.Device.Precision.Word());
                json.WriteStartArray("results");
                for (int i = 0; i < made.Count; i++)
                {
                    json.WriteStartObject();
                    if (texts[i] is not null) json.WriteString("prompt", request.Prompts[i]);
                    if (texts[i] is not null) json.WriteString("text", texts[i]);
                    WriteIds(json, "promptIds", prompts[i]);
                    WriteIds(json, "newIds", made[i]);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
            },
            output =>
            {
                for (int i = 0; i < made.Count; i++) output.WriteLine(texts[i] ?? string.Join(' ', made[i]));
            });

    private static void WriteIds(System.Text.Json.Utf8JsonWriter json, string name, int[] ids)
    {
        json.WriteStartArray(name);
        foreach (int id in ids) json.WriteNumberValue(id);
        json.WriteEndArray();
    }
}

using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Babel.Cli.Commands;
using Babel.Cli.Options;
using Babel.Kernels;
using Babel.Kernels.Errors;

namespace Babel.Cli;

/// <summary>The program without a process around it: arguments in, exit code out. Tests run it as it is.</summary>
internal sealed class App
{
    private readonly SharedOptions _shared = new();
    private readonly Dictionary<Command, ICommand> _commands = [];
    private readonly RootCommand _root;
    private readonly ConsoleStreams _streams;
    private readonly DeviceRegistry _devices;

    /// <summary>Builds the command tree.</summary>
    public App(ConsoleStreams streams, DeviceRegistry? devices = null)
    {
        _streams = streams;
        _devices = devices ?? DeviceRegistry.Default;
        _root = new RootCommand(
            "Babel: which neurons of a language model serve which language, and the proof by switching them off. "
            + "MODEL is a Hugging Face model folder, or org/name[@revision] from the local hub cache.");
        _shared.AddTo(_root);
        foreach (var command in Commands(_shared)) Add(_root, command);
        var help = _root.Options.OfType<HelpOption>().Single();
        help.Action = new HelpWithExamples(_commands);
    }

    /// <summary>Every command, in the order of the help.</summary>
    public static IReadOnlyList<ICommand> All => Commands(new SharedOptions());

    /// <summary>The examples of the root's help.</summary>
    public static IReadOnlyList<Example> RootExamples =>
    [
        new("study", "the whole study on the embedded sample model and text, a minute or two on two cores"),
        new("study path/to/model --corpus path/to/texts --out runs/mine", "the same on your own"),
        new("inspect path/to/model", "what a model folder holds, and whether it can be run"),
    ];

    /// <summary>Runs one command line.</summary>
    public int Run(IReadOnlyList<string> arguments, CancellationToken cancellation = default)
    {
        // A prompt may begin with '@'; response files would swallow it.
        var parsed = _root.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        // Help and version win over missing arguments.
        if (parsed.Action is HelpWithExamples || parsed.CommandResult.Command == _root && parsed.Action is not null and not ParseErrorAction)
            return parsed.Invoke(Configuration());
        return parsed.Errors.Count == 0 && _commands.TryGetValue(parsed.CommandResult.Command, out var command)
            ? Guarded(command, parsed, cancellation).Code
            : Misused(parsed);
    }

    private InvocationConfiguration Configuration() => new()
    {
        Output = _streams.Output,
        Error = _streams.Error,
        EnableDefaultExceptionHandler = false,
        ProcessTerminationTimeout = null,
    };

    private static IReadOnlyList<ICommand> Commands(SharedOptions shared) =>
    [
        new StudyCommand(shared),
        new InspectCommand(),
        new PlanCommand(),
        new ScoreCommand(),
        new StatsCommand(),
        new NeuronsCommand(),
        new AblateCommand(),
        new GenerateCommand(),
        new TraceCommand(),
        new DevicesCommand(),
        new SelfTestCommand(),
        new BenchCommand(),
    ];

    private void Add(Command parent, ICommand command)
    {
        var node = new Command(command.Name.Split(' ')[^1], command.Summary);
        command.Declare(node);
        // Marks the node as runnable by itself; Run dispatches, because errors, streams and the sign to stop are handled here.
        node.SetAction(_ => ExitCodes.Ok.Code);
        _commands.Add(node, command);
        parent.Subcommands.Add(node);
        foreach (var child in command.Subcommands) Add(node, child);
    }

    private ExitCode Guarded(ICommand command, ParseResult parsed, CancellationToken cancellation)
    {
        using var context = new CommandContext(_streams, _shared.Bind(parsed), _devices, cancellation);
        try
        {
            return command.Run(parsed, context);
        }
        catch (Exception exception)
        {
            context.Dispose();
            var code = ExitCodes.Of(exception);
            _streams.Error.WriteLine(Explain(exception, code, command.Name));
            return code;
        }
    }

    private int Misused(ParseResult parsed)
    {
        foreach (var error in parsed.Errors) _streams.Error.WriteLine($"babel: {error.Message}");
        string name = _commands.TryGetValue(parsed.CommandResult.Command, out var command) ? $"babel {command.Name}" : "babel";
        _streams.Error.WriteLine($"`{name} --help` shows how it is used");
        return ExitCodes.Usage.Code;
    }

    private static string Explain(Exception exception, ExitCode code, string command) => exception switch
    {
        UsageException => $"babel: {exception.Message}\n`babel {command} --help` shows how it is used",
        OperationCanceledException => "babel: interrupted",
        BabelException => $"babel: {exception.Message}",
        _ when code == ExitCodes.Defect => $"babel: this is a defect of the program\n{exception}",
        _ => $"babel: {exception.Message}",
    };
}

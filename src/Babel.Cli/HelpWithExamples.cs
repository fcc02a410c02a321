using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Babel.Cli.Commands;

namespace Babel.Cli;

/// <summary>The usual help, followed by examples and, at the root, the exit codes.</summary>
internal sealed class HelpWithExamples(IReadOnlyDictionary<Command, ICommand> commands) : SynchronousCommandLineAction
{
    private readonly HelpAction _usual = new() { MaxWidth = 100 };

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        var output = parseResult.InvocationConfiguration.Output;
        int code = _usual.Invoke(parseResult);
        if (commands.TryGetValue(parseResult.CommandResult.Command, out var command))
        {
            WriteExamples(output, command.Examples);
            output.WriteLine("Exit codes: `babel --help` lists them; docs/cli.md describes every output file.");
        }
        else
        {
            WriteExamples(output, App.RootExamples);
            output.WriteLine("Exit codes:");
            foreach (var exit in ExitCodes.All) output.WriteLine(exit);
        }

        return code;
    }

    private static void WriteExamples(TextWriter output, IReadOnlyList<Example> examples)
    {
        output.WriteLine("Examples:");
        foreach (var example in examples)
        {
            output.WriteLine($"  # {example.Meaning}");
            output.WriteLine($"  babel {example.Line}");
        }

        output.WriteLine();
    }
}

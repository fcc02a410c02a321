using System.CommandLine;

namespace Babel.Cli.Commands;

/// <summary>One command of the program: what it is called, what its help shows, and what it does.</summary>
internal interface ICommand
{
    /// <summary>What is typed.</summary>
    string Name { get; }

    /// <summary>One sentence for the list of commands and the top of its help.</summary>
    string Summary { get; }

    /// <summary>The Examples section of its help.</summary>
    IReadOnlyList<Example> Examples { get; }

    /// <summary>Commands below this one; their names begin with its name.</summary>
    IReadOnlyList<ICommand> Subcommands { get; }

    /// <summary>Adds arguments and options.</summary>
    void Declare(Command command);

    /// <summary>Binds the flags to a request, checks it, and runs it.</summary>
    ExitCode Run(ParseResult result, CommandContext context);
}

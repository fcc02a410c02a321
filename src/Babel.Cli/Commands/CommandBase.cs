using System.CommandLine;

namespace Babel.Cli.Commands;

/// <summary>Typed flags become a checked request before anything runs, so a handler never meets a half-valid one.</summary>
/// <typeparam name="TRequest">What the command is asked for.</typeparam>
internal abstract class CommandBase<TRequest> : ICommand
{
    /// <inheritdoc/>
    public abstract string Name { get; }

    /// <inheritdoc/>
    public abstract string Summary { get; }

    /// <inheritdoc/>
    public abstract IReadOnlyList<Example> Examples { get; }

    /// <inheritdoc/>
    public virtual IReadOnlyList<ICommand> Subcommands => [];

    /// <inheritdoc/>
    public abstract void Declare(Command command);

    /// <inheritdoc/>
    public ExitCode Run(ParseResult result, CommandContext context) => Handle(Bind(result), context);

    /// <summary>The request the flags make.</summary>
    /// <exception cref="Options.UsageException">They do not fit together.</exception>
    protected abstract TRequest Bind(ParseResult result);

    /// <summary>Does it.</summary>
    protected abstract ExitCode Handle(TRequest request, CommandContext context);
}

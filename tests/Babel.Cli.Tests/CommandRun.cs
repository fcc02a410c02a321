using Babel.Kernels;

namespace Babel.Cli.Tests;

/// <summary>One run of the program in this process: what it wrote and how it ended.</summary>
internal sealed record CommandRun(int Code, string Output, string Error)
{
    /// <summary>Runs a command line; a space between arguments, none within one.</summary>
    public static CommandRun Of(string line) => With(null, default, line.Split(' ', StringSplitOptions.RemoveEmptyEntries));

    /// <summary>Runs arguments as they are.</summary>
    public static CommandRun Of(params string[] arguments) => With(null, default, arguments);

    /// <summary>Runs with devices and a sign to stop of the test's own.</summary>
    public static CommandRun With(DeviceRegistry? devices, CancellationToken cancellation, params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        int code = new App(new ConsoleStreams(output, error, OutputIsTerminal: false, ErrorIsTerminal: false), devices).Run(arguments, cancellation);
        return new CommandRun(code, output.ToString().ReplaceLineEndings("\n"), error.ToString().ReplaceLineEndings("\n"));
    }
}

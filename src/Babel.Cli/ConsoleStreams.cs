namespace Babel.Cli;

/// <summary>The two streams of a run and what is at their other end.</summary>
/// <param name="Output">Results.</param>
/// <param name="Error">Progress, remarks, errors.</param>
/// <param name="OutputIsTerminal">Whether a person looks at the results directly.</param>
/// <param name="ErrorIsTerminal">Whether a person looks at the progress directly.</param>
internal sealed record ConsoleStreams(TextWriter Output, TextWriter Error, bool OutputIsTerminal, bool ErrorIsTerminal);

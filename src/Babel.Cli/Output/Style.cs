namespace Babel.Cli.Output;

/// <summary>Emphasis on a terminal, and nothing at all elsewhere: redirected, <c>NO_COLOR</c> set (no-color.org) or <c>TERM=dumb</c>.</summary>
internal sealed class Style(bool enabled)
{
    /// <summary>Plain text.</summary>
    public static Style None { get; } = new(false);

    /// <summary>The style of a stream, by the environment.</summary>
    public static Style For(bool isTerminal) => new(
        isTerminal
        && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
        && Environment.GetEnvironmentVariable("TERM") != "dumb");

    /// <summary>Strong.</summary>
    public string Bold(string text) => enabled ? $"\e[1m{text}\e[0m" : text;
}

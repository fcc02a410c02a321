namespace Babel.Cli.Options;

/// <summary>The command line parses, but its parts do not fit together.</summary>
internal sealed class UsageException(string message) : Exception(message);

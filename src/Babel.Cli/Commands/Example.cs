namespace Babel.Cli.Commands;

/// <summary>A line of the Examples section of <c>--help</c>.</summary>
/// <param name="Line">What to type, after <c>babel</c>.</param>
/// <param name="Meaning">What it does.</param>
internal readonly record struct Example(string Line, string Meaning);

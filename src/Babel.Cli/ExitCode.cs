namespace Babel.Cli;

/// <summary>One way for the program to end.</summary>
/// <param name="Code">What the shell sees.</param>
/// <param name="Meaning">When, in one clause.</param>
internal readonly record struct ExitCode(int Code, string Meaning)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Code,4}  {Meaning}";
}

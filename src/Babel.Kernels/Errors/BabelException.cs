using System.Text;

namespace Babel.Kernels.Errors;

/// <summary>
/// The root of every error Babel raises on purpose. One error says five things: what was being done, where (file and
/// offset, or operator and operand), what was expected, what was found, and a hint at the mend.
/// </summary>
/// <remarks>
/// The command line turns each kind into one message and one exit code; anything that is not a
/// <see cref="BabelException"/> is a defect of the program and keeps its stack trace.
/// </remarks>
public abstract class BabelException : Exception
{
    /// <summary>Creates an error from its five parts; only <paramref name="what"/> is required.</summary>
    protected BabelException(
        string what,
        string? where = null,
        string? expected = null,
        string? found = null,
        string? hint = null,
        Exception? inner = null)
        : base(Compose(what, where, expected, found, hint), inner)
    {
        What = what;
        Where = where;
        Expected = expected;
        Found = found;
        Hint = hint;
    }

    /// <summary>What went wrong, in one clause.</summary>
    public string What { get; }

    /// <summary>The file and offset, the operator and operand, or the option it went wrong in.</summary>
    public string? Where { get; }

    /// <summary>What would have been right.</summary>
    public string? Expected { get; }

    /// <summary>What was there instead.</summary>
    public string? Found { get; }

    /// <summary>What the user can do about it.</summary>
    public string? Hint { get; }

    private static string Compose(string what, string? where, string? expected, string? found, string? hint)
    {
        var text = new StringBuilder(what);
        if (where is not null) text.Append("\n  where:    ").Append(where);
        if (expected is not null) text.Append("\n  expected: ").Append(expected);
        if (found is not null) text.Append("\n  found:    ").Append(found);
        if (hint is not null) text.Append("\n  hint:     ").Append(hint);
        return text.ToString();
    }
}

using Babel.Kernels.Errors;

namespace Babel.Analysis.Errors;

/// <summary>A run folder cannot be used for what is asked: it is in use, holds another run, or holds something else.</summary>
public sealed class RunRefusedException(
    string what,
    string? where = null,
    string? expected = null,
    string? found = null,
    string? hint = null,
    Exception? inner = null)
    : BabelException(what, where, expected, found, hint, inner);

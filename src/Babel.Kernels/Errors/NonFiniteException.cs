namespace Babel.Kernels.Errors;

/// <summary>A tensor holds NaN or infinity where the computation needs finite numbers; the message names layer and site.</summary>
public sealed class NonFiniteException(
    string what,
    string? where = null,
    string? expected = null,
    string? found = null,
    string? hint = null,
    Exception? inner = null)
    : BabelException(what, where, expected, found, hint, inner);

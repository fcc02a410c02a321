namespace Babel.Kernels.Errors;

/// <summary>
/// A device failed in the middle of a run and cannot go on. What is stored is complete; the same command, started again, goes on after it.
/// </summary>
public sealed class DeviceLostException(
    string what,
    string? where = null,
    string? expected = null,
    string? found = null,
    string? hint = null,
    Exception? inner = null)
    : BabelException(what, where, expected, found, hint, inner);

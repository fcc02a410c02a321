namespace Babel.Kernels.Errors;

/// <summary>
/// A device failed while it was used: its driver reported an error, and what was enqueued may be lost. Nothing more is asked of it; a run whose
/// results are stored can be taken up again by a new process.
/// </summary>
public sealed class DeviceLostException(
    string what,
    string? where = null,
    string? expected = null,
    string? found = null,
    string? hint = null,
    Exception? inner = null)
    : BabelException(what, where, expected, found, hint, inner);

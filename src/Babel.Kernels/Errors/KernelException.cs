namespace Babel.Kernels.Errors;

/// <summary>An operator was called with operands that do not fit, or failed while running.</summary>
public sealed class KernelException(
    string what,
    string? where = null,
    string? expected = null,
    string? found = null,
    string? hint = null,
    Exception? inner = null)
    : BabelException(what, where, expected, found, hint, inner);

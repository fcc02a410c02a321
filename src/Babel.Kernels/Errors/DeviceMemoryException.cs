namespace Babel.Kernels.Errors;

/// <summary>A device could not give the memory asked for.</summary>
public sealed class DeviceMemoryException(
    string what,
    string? where = null,
    string? expected = null,
    string? found = null,
    string? hint = null,
    Exception? inner = null)
    : BabelException(what, where, expected, found, hint, inner);

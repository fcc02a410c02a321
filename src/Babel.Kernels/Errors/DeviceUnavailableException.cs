namespace Babel.Kernels.Errors;

/// <summary>A device that was named cannot be used; the message gives the reason. Never answered by a silent fallback.</summary>
public sealed class DeviceUnavailableException(
    string what,
    string? where = null,
    string? expected = null,
    string? found = null,
    string? hint = null,
    Exception? inner = null)
    : BabelException(what, where, expected, found, hint, inner);

using Babel.Kernels.Errors;

namespace Babel.Model.Errors;

/// <summary>A model is well-formed but asks for mathematics this version does not implement; the message names the key.</summary>
public sealed class UnsupportedModelException(
    string what,
    string? where = null,
    string? expected = null,
    string? found = null,
    string? hint = null,
    Exception? inner = null)
    : BabelException(what, where, expected, found, hint, inner);

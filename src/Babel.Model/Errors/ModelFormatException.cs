using Babel.Kernels.Errors;

namespace Babel.Model.Errors;

/// <summary>A file of a model folder or a corpus is not what its format asks for: torn, hostile, or of another kind.</summary>
public sealed class ModelFormatException(
    string what,
    string? where = null,
    string? expected = null,
    string? found = null,
    string? hint = null,
    Exception? inner = null)
    : BabelException(what, where, expected, found, hint, inner);

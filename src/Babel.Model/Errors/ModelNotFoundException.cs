using Babel.Kernels.Errors;

namespace Babel.Model.Errors;

/// <summary>A model, tokenizer or corpus is not where it was looked for.</summary>
public sealed class ModelNotFoundException(
    string what,
    string? where = null,
    string? expected = null,
    string? found = null,
    string? hint = null,
    Exception? inner = null)
    : BabelException(what, where, expected, found, hint, inner);

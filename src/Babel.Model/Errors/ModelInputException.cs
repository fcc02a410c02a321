using Babel.Kernels.Errors;

namespace Babel.Model.Errors;

/// <summary>
/// A model is asked for something it does not have: a token id beyond its vocabulary, a text beyond its positions, a neuron beyond its
/// width, a site its blocks lack.
/// </summary>
public sealed class ModelInputException(
    string what,
    string? where = null,
    string? expected = null,
    string? found = null,
    string? hint = null,
    Exception? inner = null)
    : BabelException(what, where, expected, found, hint, inner);

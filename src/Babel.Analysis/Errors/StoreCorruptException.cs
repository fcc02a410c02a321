using Babel.Kernels.Errors;

namespace Babel.Analysis.Errors;

/// <summary>A stored result (statistics, journal, manifest) is torn, altered or of another run.</summary>
public sealed class StoreCorruptException(
    string what,
    string? where = null,
    string? expected = null,
    string? found = null,
    string? hint = null,
    Exception? inner = null)
    : BabelException(what, where, expected, found, hint, inner);

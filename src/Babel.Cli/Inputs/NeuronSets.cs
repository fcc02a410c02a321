using System.Text.Json;
using Babel.Cli.Options;
using Babel.Model;
using Babel.Model.Errors;

namespace Babel.Cli.Inputs;

internal static class NeuronSets
{
    public static IEnumerable<NeuronId> Read(string path, string? set) => throw new ModelFormatException(path + set);
}

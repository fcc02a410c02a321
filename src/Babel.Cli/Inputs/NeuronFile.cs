using Babel.Analysis.Errors;
using Babel.Analysis.Selection;
using Babel.Cli.Options;
using Babel.Model;
using Babel.Model.Errors;

namespace Babel.Cli.Inputs;

/// <summary>A <c>neurons.json</c> named on the command line.</summary>
internal static class NeuronFile
{
    /// <summary>Reads it.</summary>
    /// <exception cref="ModelNotFoundException">No such file.</exception>
    /// <exception cref="ModelFormatException">It is malformed: an input here, not a stored result.</exception>
    public static LanguageNeurons Load(string path)
    {
        if (!File.Exists(path))
            throw new ModelNotFoundException("the file of neurons is not there", where: path, hint: "`babel neurons` and `babel study` write one");
        try
        {
            return NeuronSetJson.Load(path);
        }
        catch (StoreCorruptException e)
        {
            throw new ModelFormatException(
                e.What, e.Where, e.Expected, e.Found, "a neurons.json, or {\"ablations\": {LAYER: {SITE: [indices]}}} for --ablate; docs/cli.md", e);
        }
    }

    /// <summary>Says so where neurons were selected in another model than they are switched off in: their places mean nothing there.</summary>
    public static void CompareModel(LanguageNeurons neurons, LanguageModel model, Action<string> say)
    {
        if (neurons.Model != model.Fingerprint) say("the neurons were selected in another model, or in other weights of it");
    }

    /// <summary>The neurons of one language's set.</summary>
    /// <exception cref="UsageException">Several sets and none, or an unknown one, is named.</exception>
    public static IEnumerable<NeuronId> Choose(LanguageNeurons neurons, string path, string? language)
    {
        if (language is null && neurons.Sets.Count == 1) return neurons.Sets[0].Ids;
        return neurons.Sets.FirstOrDefault(s => s.Language == language)?.Ids
            ?? throw new UsageException($"--ablate: name a set of {path} after '#': {string.Join(", ", neurons.Sets.Select(s => s.Language))}");
    }
}

namespace Babel.Analysis.Selection;

/// <summary>The outcome of a selection: one set a language, and how it was made.</summary>
/// <param name="Model">The model's fingerprint.</param>
/// <param name="Method">The method's name: <c>comparative</c>, <c>lape</c>, <c>plnd.exact</c>, <c>plnd.repo</c>, <c>import</c>.</param>
/// <param name="Options">Every option of the method as text, in a fixed order.</param>
/// <param name="Sets">The sets, in ordinal order of the languages.</param>
public sealed record LanguageNeurons(
    string Model, string Method, IReadOnlyList<KeyValuePair<string, string>> Options, IReadOnlyList<NeuronSet> Sets)
{
    /// <summary>The set of a language.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public NeuronSet Of(string language) => Sets.FirstOrDefault(s => s.Language == language)
        ?? throw new KeyNotFoundException($"no set of '{language}' among {string.Join(", ", Sets.Select(s => s.Language))}");
}

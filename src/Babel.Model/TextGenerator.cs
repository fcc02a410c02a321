namespace Babel.Model;

/// <summary>Continues prompts with a key/value cache, all prompts in one batch.</summary>
public sealed class TextGenerator
{
    private readonly LanguageModel _model;

    /// <summary>Generates with <paramref name="model"/>, which the caller owns.</summary>
    public TextGenerator(LanguageModel model) => _model = model;

    /// <summary>Continues every prompt; returns the new tokens, without the prompt.</summary>
    public IReadOnlyList<int[]> Generate(
        IReadOnlyList<int[]> prompts,
        GenerationOptions options,
        ProbePlan? plan = null,
        Action<int, int>? onToken = null,
        CancellationToken ct = default) => throw new NotSupportedException(_model.Spec.Family);
}

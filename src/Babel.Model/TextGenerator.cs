using Babel.Model.Decoding;
using Babel.Model.Errors;

namespace Babel.Model;

/// <summary>
/// Continues prompts with a key/value cache, all prompts in one batch; prompts of different lengths need no padding. A prompt that reached a
/// stop id leaves the batch.
/// </summary>
/// <remarks>
/// Positions count a prompt's own tokens from 0. With dynamic rotary scaling, keys in the cache stay as they were turned when they were
/// computed, as in the released code; results then differ from those without a cache once the trained length is passed.
/// </remarks>
public sealed class TextGenerator
{
    private readonly LanguageModel _model;

    /// <summary>Generates with <paramref name="model"/>, which the caller owns.</summary>
    public TextGenerator(LanguageModel model) => _model = model;

    /// <summary>Continues every prompt; returns the new tokens of each, without the prompt, with the stop id where one ended it.</summary>
    /// <param name="prompts">At least one token each.</param>
    /// <param name="options">How many tokens, how they are chosen, what ends a text.</param>
    /// <param name="plan">Neurons switched off; nothing else of a plan applies here.</param>
    /// <param name="onToken">Called with the prompt's index and each new token.</param>
    /// <param name="ct">Looked at between layers.</param>
    /// <exception cref="ModelInputException">A prompt is empty, holds unknown ids, or does not leave room for the new tokens in a table of positions.</exception>
    public IReadOnlyList<int[]> Generate(
        IReadOnlyList<int[]> prompts,
        GenerationOptions options,
        ProbePlan? plan = null,
        Action<int, int>? onToken = null,
        CancellationToken ct = default)
    {
        Check(prompts, options);
        var mask = new ProbePlan { Ablation = plan?.Ablation };
        using var cache = new KvCache(_model.Spec, _model.Device, [.. prompts.Select(p => p.Length + options.MaxNewTokens)]);
        var texts = prompts.Select((prompt, i) => new RunningText(i, prompt, options.MaxNewTokens, new TokenSampler(options, i))).ToList();
        var stops = options.StopIds.ToHashSet();
        using var running = new RunningTexts(_model, cache, texts);
        int vocabulary = _model.Spec.Vocabulary;
        var logits = new float[options.MaxNewTokens > 0 ? texts.Count * vocabulary : 0];
        for (int step = 0; running.Count > 0 && step < options.MaxNewTokens; step++)
        {
            _model.LastLogits(running.Next(), cache, mask, logits.AsSpan(0, running.Count * vocabulary), ct);
            for (int s = 0; s < running.Count; s++)
            {
                var text = running[s];
                var row = logits.AsMemory(s * vocabulary, vocabulary);
                options.OnLogits?.Invoke(text.Index, step, row);
                int token = text.Sampler.Choose(row.Span);
                text.Append(token, ended: stops.Contains(token));
                onToken?.Invoke(text.Index, token);
            }

            running.RemoveEnded();
        }

        return [.. texts.Select(t => t.NewTokens)];
    }

    private void Check(IReadOnlyList<int[]> prompts, GenerationOptions options)
    {
        if (prompts.Count == 0) throw new ModelInputException("there is no prompt", expected: "at least one");
        if ((long)prompts.Count * _model.Spec.Vocabulary > Array.MaxLength)
        {
            throw new ModelInputException(
                "the logits of the batch do not fit one array", expected: $"at most {Array.MaxLength / _model.Spec.Vocabulary} prompts", found: $"{prompts.Count}");
        }

        for (int i = 0; i < prompts.Count; i++)
        {
            int length = prompts[i].Length + options.MaxNewTokens;
            if (prompts[i].Length == 0) throw new ModelInputException("a prompt is empty", $"prompt {i}", "at least one token, such as the one that begins a text");

            // The last new token is never fed back.
            if (_model.Spec.HasPositionTable && length - 1 > _model.Spec.MaxPositions)
                throw new ModelInputException("a prompt leaves no room for its continuation", $"prompt {i}", $"at most {_model.Spec.MaxPositions} positions", $"{length - 1}");
        }
    }
}

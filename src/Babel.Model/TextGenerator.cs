using Babel.Kernels;
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
        var texts = prompts.Select((prompt, i) => new Text(i, prompt, new TokenSampler(options, i))).ToList();
        var running = options.MaxNewTokens > 0 ? texts : [];
        for (int step = 0; running.Count > 0 && step < options.MaxNewTokens; step++)
        {
            using var batch = Next(running, cache);
            float[] logits = _model.Run(batch, ForwardOutput.LastLogits, cache, mask, sink: null, ct).Logits;
            for (int s = 0; s < running.Count; s++)
            {
                var row = logits.AsMemory(s * _model.Spec.Vocabulary, _model.Spec.Vocabulary);
                options.OnLogits?.Invoke(running[s].Index, step, row);
                int token = running[s].Sampler.Choose(row.Span);
                running[s].Append(token, ended: options.StopIds.Contains(token));
                onToken?.Invoke(running[s].Index, token);
            }

            running = [.. running.Where(t => !t.Ended)];
        }

        return [.. texts.Select(t => t.NewTokens)];
    }

    private void Check(IReadOnlyList<int[]> prompts, GenerationOptions options)
    {
        if (prompts.Count == 0) throw new ModelInputException("there is no prompt", expected: "at least one");
        for (int i = 0; i < prompts.Count; i++)
        {
            int length = prompts[i].Length + options.MaxNewTokens;
            if (prompts[i].Length == 0) throw new ModelInputException("a prompt is empty", $"prompt {i}", "at least one token, such as the one that begins a text");

            // The last new token is never fed back.
            if (_model.Spec.HasPositionTable && length - 1 > _model.Spec.MaxPositions)
                throw new ModelInputException("a prompt leaves no room for its continuation", $"prompt {i}", $"at most {_model.Spec.MaxPositions} positions", $"{length - 1}");
        }
    }

    /// <summary>Every running text's tokens that are not yet in the cache: the whole prompt at first, then one.</summary>
    private Batch Next(List<Text> running, KvCache cache)
    {
        var spans = new SequenceSpan[running.Count];
        var ids = new List<int>();
        var positions = new List<int>();
        var cacheRows = new List<int>();
        var origins = new List<(int Row, int Column)>();
        for (int s = 0; s < running.Count; s++)
        {
            var text = running[s];
            int start = cache.Starts[text.Index];
            spans[s] = new SequenceSpan(ids.Count, text.Tokens.Count - text.Cached, start, text.Tokens.Count);
            for (int t = text.Cached; t < text.Tokens.Count; t++)
            {
                ids.Add(text.Tokens[t]);
                positions.Add(t);
                cacheRows.Add(start + t);
                origins.Add((text.Index, t));
            }

            text.Cached = text.Tokens.Count;
        }

        return Batch.Create(_model, new BatchRows
        {
            Layout = new SequenceLayout(spans),
            Ids = [.. ids],
            Positions = [.. positions],
            CacheRows = [.. cacheRows],
            Origins = [.. origins],
        });
    }

    /// <summary>A prompt and its continuation so far.</summary>
    private sealed class Text(int index, int[] prompt, TokenSampler sampler)
    {
        public int Index => index;

        public List<int> Tokens { get; } = [.. prompt];

        public TokenSampler Sampler => sampler;

        /// <summary>How many tokens' keys are in the cache.</summary>
        public int Cached { get; set; }

        public bool Ended { get; private set; }

        public int[] NewTokens => [.. Tokens.Skip(prompt.Length)];

        public void Append(int token, bool ended)
        {
            Tokens.Add(token);
            Ended = ended;
        }
    }
}

namespace Babel.Model;

/// <summary>How text is continued.</summary>
public sealed record GenerationOptions
{
    /// <summary>Tokens at most, for each prompt.</summary>
    public int MaxNewTokens { get; init; } = 64;

    /// <summary>0 takes the most probable token; above, logits are divided by it and a token is drawn.</summary>
    public float Temperature { get; init; }

    /// <summary>Only the k most probable tokens are drawn from; 0 for all.</summary>
    public int TopK { get; init; }

    /// <summary>Only the smallest set of tokens whose probability reaches p is drawn from; 1 for all.</summary>
    public float TopP { get; init; } = 1;

    /// <summary>Seed of the draws: the same seed, prompt and position in the list give the same tokens, in any batch.</summary>
    public ulong Seed { get; init; }

    /// <summary>Ids that end a continuation; the id itself is still part of it.</summary>
    public IReadOnlyCollection<int> StopIds { get; init; } = [];

    /// <summary>Called with prompt index, step and logits [V] before each choice; the logits are written over afterwards.</summary>
    public Action<int, int, ReadOnlyMemory<float>>? OnLogits { get; init; }
}

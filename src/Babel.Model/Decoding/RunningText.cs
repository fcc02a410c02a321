namespace Babel.Model.Decoding;

/// <summary>A prompt and its continuation so far.</summary>
internal sealed class RunningText
{
    private readonly int _prompt;

    public RunningText(int index, int[] prompt, int mostNew, TokenSampler sampler)
    {
        (Index, Sampler, _prompt) = (index, sampler, prompt.Length);
        Tokens = new List<int>(prompt.Length + mostNew);
        Tokens.AddRange(prompt);
    }

    /// <summary>Which prompt.</summary>
    public int Index { get; }

    public TokenSampler Sampler { get; }

    public List<int> Tokens { get; }

    /// <summary>How many tokens' keys are in the cache.</summary>
    public int Cached { get; set; }

    /// <summary>Whether a stop id was chosen.</summary>
    public bool Ended { get; private set; }

    public int[] NewTokens => [.. Tokens.Skip(_prompt)];

    public void Append(int token, bool ended)
    {
        Tokens.Add(token);
        Ended = ended;
    }
}

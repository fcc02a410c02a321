namespace Babel.Model;

/// <summary>How a model knows where a token stands.</summary>
public enum PositionForm
{
    /// <summary>Queries and keys are turned by angles proportional to the position (Su et al. 2021, arXiv 2104.09864).</summary>
    Rotary,

    /// <summary>A learned vector a position is added to the embedding.</summary>
    Learned,

    /// <summary>A fixed sinusoid is added to the embedding, first half sin, second half cos (XGLM).</summary>
    Sinusoidal,

    /// <summary>A slope a head times the key position is added to the scores (Press et al. 2021, arXiv 2108.12409).</summary>
    Alibi,
}

namespace Babel.Model;

/// <summary>Where a run looks for NaN and infinity.</summary>
public enum FiniteCheck
{
    /// <summary>In the hidden state after the last block: cheap, and enough to know that something went wrong.</summary>
    FinalState,

    /// <summary>After every block, to name the layer; and in its attention and neurons, to name the site.</summary>
    EveryLayer,

    /// <summary>Nowhere.</summary>
    Off,
}

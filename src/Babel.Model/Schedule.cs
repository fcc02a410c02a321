namespace Babel.Model;

/// <summary>In which order a corpus goes through a model. The results have the same bits.</summary>
public enum Schedule
{
    /// <summary>Token-major: all weights stay in memory, and a batch goes through all layers before the next.</summary>
    Token,

    /// <summary>
    /// Layer-major: one layer is in memory at a time, and every batch goes through it before the next is read, so that a model may be larger than the
    /// memory. Every weight is read once a sweep; hidden states wait in memory or in a temporary file.
    /// </summary>
    Layer,
}

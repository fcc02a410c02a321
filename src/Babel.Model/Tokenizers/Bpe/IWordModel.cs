namespace Babel.Model.Tokenizers.Bpe;

/// <summary>Something that turns a word into ids, always the same for the same word.</summary>
internal interface IWordModel
{
    /// <summary>Computes the ids of a word.</summary>
    void Compute(ReadOnlySpan<byte> word, ModelScratch scratch, List<int> ids);
}

namespace Babel.Model.Tokenizers;

/// <summary>The last step of encoding: the ids of one piece of normalized text.</summary>
internal interface ITokenModel
{
    /// <summary>Appends the ids of a non-empty, well-formed UTF-8 piece (or of raw bytes, in a byte-level model).</summary>
    void Encode(ReadOnlySpan<byte> piece, ModelScratch scratch, List<int> ids);
}

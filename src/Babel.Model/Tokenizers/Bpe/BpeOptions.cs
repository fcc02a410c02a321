namespace Babel.Model.Tokenizers.Bpe;

/// <summary>The switches of a byte-pair model. Ids below zero mean that there is none.</summary>
/// <param name="UnknownId">What an unknown character becomes; without one it is dropped.</param>
/// <param name="FuseUnknown">Whether neighbouring unknowns become one.</param>
/// <param name="ByteFallback">Whether an unknown character becomes its bytes, where all of those have ids.</param>
/// <param name="IgnoreMerges">Whether a word that is a token is emitted as it stands.</param>
internal readonly record struct BpeOptions(int UnknownId, bool FuseUnknown, bool ByteFallback, bool IgnoreMerges);

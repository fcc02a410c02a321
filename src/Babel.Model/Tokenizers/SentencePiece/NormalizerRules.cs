using Babel.Model.Tokenizers.Text;

namespace Babel.Model.Tokenizers.SentencePiece;

/// <summary>NormalizerSpec of sentencepiece_model.proto, with its defaults.</summary>
internal sealed record NormalizerRules(Charsmap? Map, bool AddDummyPrefix, bool RemoveExtraWhitespaces, bool EscapeWhitespaces)
{
    public static NormalizerRules Default { get; } = new(null, AddDummyPrefix: true, RemoveExtraWhitespaces: true, EscapeWhitespaces: true);
}

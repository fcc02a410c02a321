using Babel.Model.Tokenizers.Text;

namespace Babel.Model.Tokenizers.HuggingFace;

/// <summary>One step of normalization.</summary>
internal abstract class TextNormalizer
{
    /// <summary>Appends the changed text to <paramref name="output"/> (empty before), or returns false where nothing changes.</summary>
    public abstract bool Apply(ReadOnlySpan<byte> text, ByteBuffer output);
}

namespace Babel.Model.Tokenizers.HuggingFace;

/// <summary>One step of decoding: tokens to tokens; what is left at the end is joined.</summary>
internal abstract class TokenDecoder
{
    public abstract List<string> Apply(List<string> tokens);
}

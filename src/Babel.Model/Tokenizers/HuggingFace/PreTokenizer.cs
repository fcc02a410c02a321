namespace Babel.Model.Tokenizers.HuggingFace;

/// <summary>One step of cutting normalized text into the pieces the model sees.</summary>
internal abstract class PreTokenizer
{
    public abstract void Apply(PieceList list);
}

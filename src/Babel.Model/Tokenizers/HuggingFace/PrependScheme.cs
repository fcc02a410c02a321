namespace Babel.Model.Tokenizers.HuggingFace;

/// <summary>Metaspace's prepend_scheme.</summary>
internal enum PrependScheme
{
    Always,
    First,
    Never,
}

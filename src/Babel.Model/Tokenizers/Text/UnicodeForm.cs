namespace Babel.Model.Tokenizers.Text;

/// <summary>The four normalization forms of UAX #15; the values are bit positions in <see cref="UnicodeTables"/>.</summary>
internal enum UnicodeForm
{
    C,
    D,
    KC,
    KD,
}

namespace Babel.Model.Tokenizers.Patterns;

/// <summary>
/// A pattern, written out by hand, of which every stretch (match or gap) becomes a word of its own. The fast way
/// through a text: no list of stretches is made.
/// </summary>
internal interface IWordScanner : ISplitPattern
{
    /// <summary>Where the stretch that starts at <paramref name="start"/> ends; start lies before the end of the text.</summary>
    int Next(ReadOnlySpan<byte> text, int start, out bool isMatch);
}

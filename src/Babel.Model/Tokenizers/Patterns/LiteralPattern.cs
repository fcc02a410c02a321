namespace Babel.Model.Tokenizers.Patterns;

/// <summary>A text, looked for as it stands; an empty one matches nowhere.</summary>
internal sealed class LiteralPattern(byte[] literal) : ISplitPattern
{
    public void FindMatches(ReadOnlySpan<byte> text, List<TextSplit> matches)
    {
        var previous = 0;
        while (literal.Length > 0 && text[previous..].IndexOf(literal) is >= 0 and var found)
        {
            var at = previous + found;
            if (at > previous) matches.Add(new TextSplit(previous, at, IsMatch: false));
            previous = at + literal.Length;
            matches.Add(new TextSplit(at, previous, IsMatch: true));
        }

        if (previous < text.Length) matches.Add(new TextSplit(previous, text.Length, IsMatch: false));
    }
}

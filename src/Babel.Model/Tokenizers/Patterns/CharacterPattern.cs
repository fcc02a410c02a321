using Babel.Model.Tokenizers.Text;

namespace Babel.Model.Tokenizers.Patterns;

/// <summary>Single characters of some kind; each is a match of its own.</summary>
internal sealed class CharacterPattern(Func<int, bool> isMatch) : ISplitPattern
{
    public void FindMatches(ReadOnlySpan<byte> text, List<TextSplit> matches)
    {
        var previous = 0;
        for (var at = 0; at < text.Length;)
        {
            var length = Utf8.Decode(text, at, out var c);
            if (isMatch(c))
            {
                if (at > previous) matches.Add(new TextSplit(previous, at, IsMatch: false));
                previous = at + length;
                matches.Add(new TextSplit(at, previous, IsMatch: true));
            }

            at += length;
        }

        if (previous < text.Length) matches.Add(new TextSplit(previous, text.Length, IsMatch: false));
    }
}

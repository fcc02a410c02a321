using System.Buffers;
using Babel.Model.Tokenizers.Text;
using Babel.Model.Tokenizers.Unigram;

namespace Babel.Model.Tokenizers.HuggingFace;

/// <summary>Cuts added tokens out of a text: leftmost first, the longest of those that start there.</summary>
internal sealed class AddedTokenMatcher
{
    private readonly Dictionary<int, AddedToken> _tokens;
    private readonly ByteTrie _trie;
    private readonly SearchValues<byte> _firstBytes;

    public AddedTokenMatcher(IReadOnlyCollection<AddedToken> tokens)
    {
        _tokens = tokens.ToDictionary(static t => t.Id);
        _trie = new ByteTrie(tokens.Select(static t => KeyValuePair.Create(t.Pattern, t.Id)));
        _firstBytes = SearchValues.Create([.. tokens.Where(static t => t.Pattern.Length > 0).Select(static t => t.Pattern[0]).Distinct()]);
    }

    /// <summary>Appends the segments, which cover the text; empty ones are left out.</summary>
    public void Split(ReadOnlySpan<byte> text, List<Segment> segments)
    {
        var done = 0;
        for (var at = 0; at < text.Length;)
        {
            var skip = text[at..].IndexOfAny(_firstBytes);
            if (skip < 0) break;
            at += skip;
            var length = _trie.LongestPrefix(text[at..], out var id);
            if (length == 0)
            {
                at++;
                continue;
            }

            var token = _tokens[id];
            if (!token.SingleWord || IsAlone(text, at, at + length)) done = Add(text, token, at, at + length, done, segments);
            at += length;
        }

        if (done < text.Length) segments.Add(new Segment(-1, done, text.Length));
    }

    private static int Add(ReadOnlySpan<byte> text, AddedToken token, int start, int end, int done, List<Segment> segments)
    {
        while (token.StripLeft && start > done)
        {
            var last = Utf8.StartOfLast(text, start);
            Utf8.Decode(text, last, out var c);
            if (!CodePoints.IsSpace(c)) break;
            start = Math.Max(last, done);
        }

        while (token.StripRight && end < text.Length)
        {
            var length = Utf8.Decode(text, end, out var c);
            if (!CodePoints.IsSpace(c)) break;
            end += length;
        }

        if (done < start) segments.Add(new Segment(-1, done, start));
        segments.Add(new Segment(token.Id, start, end));
        return end;
    }

    private static bool IsAlone(ReadOnlySpan<byte> text, int start, int end)
    {
        if (start > 0)
        {
            Utf8.Decode(text, Utf8.StartOfLast(text, start), out var before);
            if (CodePoints.Is(before, CodePointKind.Word)) return false;
        }

        if (end == text.Length) return true;
        Utf8.Decode(text, end, out var after);
        return !CodePoints.Is(after, CodePointKind.Word);
    }
}

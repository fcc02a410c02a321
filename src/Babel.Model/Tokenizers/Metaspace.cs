namespace Babel.Model.Tokenizers;

/// <summary>U+2581, the visible space of SentencePiece.</summary>
internal static class Metaspace
{
    public const char Character = '\u2581';

    public const string Text = "\u2581";

    public static ReadOnlySpan<byte> Utf8 => "\u2581"u8;

    /// <summary>The end of the word from <paramref name="start"/>: a run of U+2581, then all up to the next one.</summary>
    public static int NextWord(ReadOnlySpan<byte> text, int start)
    {
        var at = start;
        while (text[at..].StartsWith(Utf8)) at += 3;
        if (at == text.Length) return at;
        var next = text[at..].IndexOf(Utf8);
        return next < 0 ? text.Length : at + next;
    }

    /// <summary>Whether U+2581 stands somewhere after another character.</summary>
    public static bool IsInside(ReadOnlySpan<byte> token)
    {
        while (token.StartsWith(Utf8)) token = token[3..];
        return token.IndexOf(Utf8) >= 0;
    }
}

using Babel.Model.Tokenizers.Patterns;
using Babel.Model.Tokenizers.Text;

namespace Babel.Model.Tokenizers.HuggingFace;

/// <summary>Metaspace: spaces become a visible character, one more is put in front, and words begin at it.</summary>
internal sealed class MetaspacePreTokenizer : PreTokenizer
{
    private readonly byte[] _replacement;
    private readonly PrependScheme _scheme;
    private readonly LiteralPattern? _split;

    public MetaspacePreTokenizer(byte[] replacement, PrependScheme scheme, bool split)
    {
        _replacement = replacement;
        _scheme = scheme;
        _split = split ? new LiteralPattern(replacement) : null;
    }

    public override void Apply(PieceList list)
    {
        var atStart = list.FirstIsAtStart;
        foreach (var piece in list.Pieces)
        {
            var start = list.NextText.Length;
            Rewrite(list[piece], list.NextText, _scheme == PrependScheme.Always || (_scheme == PrependScheme.First && atStart));
            atStart = false;
            list.NextPieces.Add((start, list.NextText.Length));
        }

        list.SwapAll();
        if (_split is null) return;
        foreach (var piece in list.Pieces) SplitPreTokenizer.Cut(list, piece, _split, SplitBehavior.MergedWithNext);
        list.SwapPieces();
    }

    private void Rewrite(ReadOnlySpan<byte> text, ByteBuffer output, bool prepend)
    {
        if (prepend && text[0] != ' ' && !text.StartsWith(_replacement)) output.Append(_replacement);
        while (text.IndexOf((byte)' ') is >= 0 and var at)
        {
            output.Append(text[..at]);
            output.Append(_replacement);
            text = text[(at + 1)..];
        }

        output.Append(text);
    }
}

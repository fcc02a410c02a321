using Babel.Model.Tokenizers.Patterns;
using Babel.Model.Tokenizers.Text;

namespace Babel.Model.Tokenizers.HuggingFace;

/// <summary>
/// Text being cut: pieces of one buffer. A step that only cuts writes <see cref="NextPieces"/> and calls
/// <see cref="SwapPieces"/>; one that changes text writes both nexts and calls <see cref="SwapAll"/>.
/// </summary>
internal sealed class PieceList
{
    public ByteBuffer Text { get; private set; } = new();

    public ByteBuffer NextText { get; private set; } = new();

    public List<(int Start, int End)> Pieces { get; private set; } = [];

    public List<(int Start, int End)> NextPieces { get; private set; } = [];

    public List<TextSplit> Matches { get; } = [];

    /// <summary>Whether the first piece begins where the whole input does; Metaspace's "first" asks.</summary>
    public bool FirstIsAtStart { get; private set; }

    public void Reset(ReadOnlySpan<byte> text, bool atStart)
    {
        Text.Clear();
        Text.Append(text);
        Pieces.Clear();
        Pieces.Add((0, text.Length));
        FirstIsAtStart = atStart;
    }

    public ReadOnlySpan<byte> this[(int Start, int End) piece] => Text.Slice(piece.Start, piece.End - piece.Start);

    public void SwapPieces()
    {
        FirstIsAtStart = FirstIsAtStart && Pieces.Count > 0 && NextPieces.Count > 0 && NextPieces[0].Start == Pieces[0].Start;
        (Pieces, NextPieces) = (NextPieces, Pieces);
        NextPieces.Clear();
    }

    public void SwapAll()
    {
        (Text, NextText) = (NextText, Text);
        (Pieces, NextPieces) = (NextPieces, Pieces);
        NextText.Clear();
        NextPieces.Clear();
    }
}

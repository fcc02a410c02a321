using Babel.Model.Tokenizers.Patterns;

namespace Babel.Model.Tokenizers.HuggingFace;

/// <summary>ByteLevel: an optional leading space, GPT-2's pattern, and bytes written as visible characters.</summary>
/// <param name="addPrefixSpace">Whether a piece that does not start with a space gets one.</param>
/// <param name="useRegex">Whether to cut by GPT-2's pattern.</param>
/// <param name="keepBytes">
/// Whether to leave the bytes as they are: then this is the last step, and the model's tokens have been turned back into
/// bytes on loading, which comes to the same and spares rewriting the text.
/// </param>
internal sealed class ByteLevelPreTokenizer(bool addPrefixSpace, bool useRegex, bool keepBytes) : PreTokenizer
{
    private static readonly Gpt2Scanner Gpt2 = new();

    public bool AddPrefixSpace => addPrefixSpace;

    /// <summary>The scanner, where there is one.</summary>
    public IWordScanner? Scanner => useRegex ? Gpt2 : null;

    public override void Apply(PieceList list)
    {
        if (addPrefixSpace) AddSpaces(list);
        if (useRegex)
        {
            foreach (var piece in list.Pieces) SplitPreTokenizer.Cut(list, piece, Gpt2, SplitBehavior.Isolated);
            list.SwapPieces();
        }

        if (keepBytes) return;
        foreach (var piece in list.Pieces)
        {
            var start = list.NextText.Length;
            foreach (var b in list[piece]) list.NextText.AppendCodePoint(ByteAlphabet.CharacterOf(b));
            list.NextPieces.Add((start, list.NextText.Length));
        }

        list.SwapAll();
    }

    private static void AddSpaces(PieceList list)
    {
        foreach (var piece in list.Pieces)
        {
            var start = list.NextText.Length;
            if (list[piece][0] != ' ') list.NextText.Append((byte)' ');
            list.NextText.Append(list[piece]);
            list.NextPieces.Add((start, list.NextText.Length));
        }

        list.SwapAll();
    }
}

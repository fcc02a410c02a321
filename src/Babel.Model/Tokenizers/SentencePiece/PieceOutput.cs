namespace Babel.Model.Tokenizers.SentencePiece;

/// <summary>
/// What becomes of pieces on their way out (PopulateSentencePieceText): an unknown is written as its bytes where the
/// model has byte fallback; otherwise a run of unknowns is one.
/// </summary>
internal sealed class PieceOutput
{
    private readonly int[] _byteIds = new int[256];
    private readonly bool _byteFallback;

    public PieceOutput(SentencePieceFile file)
    {
        UnknownId = file.UnknownId;
        _byteFallback = file.ByteFallback;
        for (var i = 0; i < file.Pieces.Count && _byteFallback; i++)
        {
            if (file.Pieces[i].Type != PieceType.Byte) continue;
            _byteIds[ByteToken.ValueOf(System.Text.Encoding.UTF8.GetString(file.Pieces[i].Text))] = i;
        }
    }

    public int UnknownId { get; }

    /// <summary>Adds a piece; <paramref name="text"/> is needed of an unknown only.</summary>
    public void Add(int id, ReadOnlySpan<byte> text, List<int> ids)
    {
        if (id != UnknownId || !_byteFallback)
        {
            ids.Add(id);
            return;
        }

        foreach (var b in text) ids.Add(_byteIds[b]);
    }

    /// <summary>Makes runs of the unknown id, from <paramref name="from"/> on, one.</summary>
    public void FuseUnknowns(List<int> ids, int from)
    {
        if (_byteFallback) return;
        var kept = from;
        for (var i = from; i < ids.Count; i++)
        {
            if (kept > from && ids[i] == UnknownId && ids[kept - 1] == UnknownId) continue;
            ids[kept++] = ids[i];
        }

        ids.RemoveRange(kept, ids.Count - kept);
    }
}

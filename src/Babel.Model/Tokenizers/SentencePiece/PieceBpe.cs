using Babel.Model.Tokenizers.Bpe;
using Babel.Model.Tokenizers.Text;
using Babel.Model.Tokenizers.Unigram;

namespace Babel.Model.Tokenizers.SentencePiece;

/// <summary>
/// SentencePiece's byte-pair encoding (bpe_model.cc): two neighbours merge when together they are a piece; the piece
/// of the highest score first, the leftmost among equals. User-defined pieces are cut out first and never merge.
/// </summary>
/// <remarks>
/// Looking up texts is turned into looking up pairs of symbols: a symbol is a piece, or a character that is part of
/// one. Merges are listed on loading; a score becomes a rank, equal scores equal ranks.
/// </remarks>
internal sealed class PieceBpe : ITokenModel, IWordModel
{
    /// <summary>A character that is in no piece.</summary>
    private const int Stranger = -1;

    private readonly TokenTable _symbols = new();
    private readonly PairTable _pairs;
    private readonly ByteTrie? _userDefined;
    private readonly PieceOutput _output;
    private readonly List<int> _outputIds = [];
    private readonly List<int> _lengths = [];
    private readonly bool[] _unused;
    private readonly int[] _plane;
    private readonly bool _anyUnused;
    private readonly bool _cutsAtMetaspace;

    public PieceBpe(SentencePieceFile file, ByteTrie? userDefined, PieceOutput output)
    {
        _userDefined = userDefined;
        _output = output;
        AddSymbols(file);
        _pairs = ListMerges(file);
        _unused = new bool[_outputIds.Count];
        for (var i = 0; i < file.Pieces.Count; i++) _unused[i] = file.Pieces[i].Type == PieceType.Unused;
        _anyUnused = Array.IndexOf(_unused, true) >= 0;
        _plane = CharacterSymbols();

        // As in BpeModel: no piece crosses from a character to a U+2581 after it, so words can be looked up.
        _cutsAtMetaspace = !_anyUnused && _symbols.Get(Metaspace.Utf8) >= 0
            && !file.Pieces.Exists(static p => p.Type is not PieceType.Control and not PieceType.Byte && Metaspace.IsInside(p.Text));
    }

    public void Encode(ReadOnlySpan<byte> piece, ModelScratch scratch, List<int> ids)
    {
        if (!_cutsAtMetaspace)
        {
            Compute(piece, scratch, ids);
            return;
        }

        CachedWords.EncodeAll(this, piece, scratch, ids);
    }

    public void Compute(ReadOnlySpan<byte> text, ModelScratch scratch, List<int> ids)
    {
        var merger = scratch.Merger;
        merger.Clear();
        var strangers = false;
        for (var at = 0; at < text.Length;)
        {
            at += NextSymbol(text, at, out var symbol);
            merger.Add(symbol);
            strangers |= symbol == Stranger || _outputIds[symbol] == _output.UnknownId;
        }

        var trace = _anyUnused ? new Dictionary<int, (int Left, int Right)>() : null;
        merger.Run(_pairs, trace);
        if (strangers || trace is not null) Emit(text, merger.Symbols, trace, ids);
        else
        {
            foreach (var symbol in merger.Symbols) _output.Add(_outputIds[symbol], default, ids);
        }
    }

    private int NextSymbol(ReadOnlySpan<byte> text, int at, out int symbol)
    {
        if (_userDefined is not null && _userDefined.LongestPrefix(text[at..], out symbol) is > 0 and var frozen) return frozen;
        var length = Utf8.Decode(text, at, out var c);
        symbol = c < _plane.Length ? _plane[c] : _symbols.Get(text.Slice(at, length));
        return length;
    }

    // Strangers need their text, for the bytes; so walk the text alongside the symbols.
    private void Emit(ReadOnlySpan<byte> text, ReadOnlySpan<int> symbols, Dictionary<int, (int Left, int Right)>? trace, List<int> ids)
    {
        foreach (var symbol in symbols)
        {
            var length = symbol == Stranger ? Utf8.LengthOf(text[0]) : _lengths[symbol];
            if (symbol == Stranger) _output.Add(_output.UnknownId, text[..length], ids);
            else Resegment(symbol, text[..length], trace, ids);
            text = text[length..];
        }
    }

    // An unused piece is taken apart again into what it was made of last.
    private void Resegment(int symbol, ReadOnlySpan<byte> text, Dictionary<int, (int Left, int Right)>? trace, List<int> ids)
    {
        if (trace is not null && _unused[symbol] && trace.TryGetValue(symbol, out var parts))
        {
            Resegment(parts.Left, text[.._lengths[parts.Left]], trace, ids);
            Resegment(parts.Right, text[_lengths[parts.Left]..], trace, ids);
            return;
        }

        _output.Add(_outputIds[symbol], text, ids);
    }

    // Symbols 0..V-1 are the pieces by id; then come characters that only occur inside pieces.
    private void AddSymbols(SentencePieceFile file)
    {
        var reserved = new TokenTable();
        for (var i = 0; i < file.Pieces.Count; i++)
        {
            var piece = file.Pieces[i];
            _outputIds.Add(i);
            _lengths.Add(piece.Text.Length);
            if (IsMatched(piece.Type)) _symbols.Set(piece.Text, i);
            else reserved.Set(piece.Text, i);
        }

        for (var i = 0; i < file.Pieces.Count; i++)
        {
            var text = file.Pieces[i].Text;
            if (!IsMatched(file.Pieces[i].Type)) continue;
            if (reserved.Get(text) is >= 0 and var first) _outputIds[i] = first; // PieceToId asks the reserved ones first
            for (var at = 0; at < text.Length; at += Utf8.LengthOf(text[at]))
            {
                var character = text.AsSpan(at, Utf8.LengthOf(text[at]));
                if (_symbols.Get(character) >= 0) continue;
                _symbols.Set(character, _outputIds.Count);
                _outputIds.Add(reserved.Get(character) is >= 0 and var id ? id : file.UnknownId);
                _lengths.Add(character.Length);
            }
        }
    }

    private static bool IsMatched(PieceType type) => type is PieceType.Normal or PieceType.UserDefined or PieceType.Unused;

    private PairTable ListMerges(SentencePieceFile file)
    {
        var scores = file.Pieces.Where(static p => IsMatched(p.Type)).Select(static p => p.Score).Distinct().OrderDescending().ToArray();
        var ranks = new Dictionary<float, int>();
        for (var i = 0; i < scores.Length; i++) ranks[scores[i]] = i;
        var merges = new List<KeyValuePair<(int Left, int Right), Merge>>();
        for (var i = 0; i < file.Pieces.Count; i++)
        {
            var piece = file.Pieces[i];
            if (piece.Type is not (PieceType.Normal or PieceType.Unused)) continue;
            var merge = new Merge(ranks[piece.Score], i);
            for (var at = Utf8.LengthOf(piece.Text[0]); at < piece.Text.Length; at += Utf8.LengthOf(piece.Text[at]))
            {
                var (left, right) = (_symbols.Get(piece.Text.AsSpan(0, at)), _symbols.Get(piece.Text.AsSpan(at)));
                if (left < 0 || right < 0 || IsFrozen(file, left) || IsFrozen(file, right)) continue;
                merges.Add(KeyValuePair.Create((left, right), merge));
            }
        }

        return new PairTable(merges);
    }

    private static bool IsFrozen(SentencePieceFile file, int symbol) =>
        symbol < file.Pieces.Count && file.Pieces[symbol].Type == PieceType.UserDefined;

    private int[] CharacterSymbols()
    {
        var ids = new int[0x10000];
        Span<byte> utf8 = stackalloc byte[4];
        for (var c = 0; c < ids.Length; c++) ids[c] = _symbols.Get(utf8[..Utf8.Encode(c, utf8)]);
        return ids;
    }
}

using Babel.Model.Tokenizers.Text;

namespace Babel.Model.Tokenizers.Bpe;

/// <summary>
/// Byte-pair encoding as Hugging Face's tokenizers do it (Sennrich et al. 2016, arXiv:1508.07909, with ranks): the
/// characters of a word, or its bytes, are merged in the order of the list of merges.
/// </summary>
internal sealed class BpeModel : ITokenModel, IWordModel
{
    private readonly TokenTable _tokens;
    private readonly PairTable _pairs;
    private readonly BpeOptions _options;
    private readonly bool _bytes;
    private readonly int[] _byteIds;
    private readonly int[] _fallback;
    private readonly int[] _plane;

    /// <summary>
    /// No token has U+2581 anywhere but at its start (in a row), so no merge crosses from another character to it: a
    /// text may be cut there, and its words looked up in the cache, without changing an id.
    /// </summary>
    private readonly bool _cutsAtMetaspace;

    /// <param name="tokens">Tokens as they are matched: text, or raw bytes when <paramref name="bytes"/>.</param>
    /// <param name="pairs">The merges.</param>
    /// <param name="options">Switches.</param>
    /// <param name="bytes">Whether the symbols to begin with are bytes (the byte-level alphabet, taken off) and not characters.</param>
    /// <param name="cutsAtMetaspace">See the field.</param>
    public BpeModel(TokenTable tokens, PairTable pairs, BpeOptions options, bool bytes, bool cutsAtMetaspace)
    {
        _tokens = tokens;
        _pairs = pairs;
        _options = options;
        _bytes = bytes;
        _byteIds = bytes ? [.. Enumerable.Range(0, 256).Select(b => tokens.Get([(byte)b]))] : [];
        _fallback = options.ByteFallback ? [.. Enumerable.Range(0, 256).Select(b => tokens.Get(ByteToken.NameOf(b)))] : [];
        _plane = bytes ? [] : CharacterIds(tokens);
        _cutsAtMetaspace = cutsAtMetaspace && !bytes && !options.IgnoreMerges && tokens.Get(Metaspace.Utf8) >= 0;
    }

    public void Encode(ReadOnlySpan<byte> piece, ModelScratch scratch, List<int> ids)
    {
        if (!_cutsAtMetaspace)
        {
            CachedWords.Encode(this, piece, scratch, ids);
            return;
        }

        CachedWords.EncodeAll(this, piece, scratch, ids);
    }

    public void Compute(ReadOnlySpan<byte> word, ModelScratch scratch, List<int> ids)
    {
        if (_options.IgnoreMerges && _tokens.Get(word) is >= 0 and var whole)
        {
            ids.Add(whole);
            return;
        }

        var merger = scratch.Merger;
        merger.Clear();
        if (_bytes) AddBytes(word, merger);
        else AddCharacters(word, merger);
        merger.Run(_pairs);
        ids.AddRange(merger.Symbols);
    }

    private void AddBytes(ReadOnlySpan<byte> word, PairMerger merger)
    {
        var unknown = false;
        foreach (var b in word)
        {
            var id = _byteIds[b];
            if (id >= 0) merger.Add(id);
            else if (_options.UnknownId >= 0 && !(unknown && _options.FuseUnknown)) merger.Add(_options.UnknownId);
            unknown = id < 0;
        }
    }

    private void AddCharacters(ReadOnlySpan<byte> word, PairMerger merger)
    {
        // An unknown is held back until the next known character, as the reference does: bytes may overtake it.
        var pending = false;
        for (var at = 0; at < word.Length;)
        {
            var length = Utf8.Decode(word, at, out var c);
            var id = c < _plane.Length ? _plane[c] : _tokens.Get(word.Slice(at, length));
            if (id >= 0)
            {
                if (pending) merger.Add(_options.UnknownId);
                pending = false;
                merger.Add(id);
            }
            else if (!(_options.ByteFallback && AddFallback(word.Slice(at, length), merger)) && _options.UnknownId >= 0)
            {
                if (pending && !_options.FuseUnknown) merger.Add(_options.UnknownId);
                pending = true;
            }

            at += length;
        }

        if (pending) merger.Add(_options.UnknownId);
    }

    private bool AddFallback(ReadOnlySpan<byte> character, PairMerger merger)
    {
        foreach (var b in character)
        {
            if (_fallback[b] < 0) return false;
        }

        foreach (var b in character) merger.Add(_fallback[b]);
        return true;
    }

    private static int[] CharacterIds(TokenTable tokens)
    {
        var ids = new int[0x10000];
        Span<byte> utf8 = stackalloc byte[4];
        for (var c = 0; c < ids.Length; c++) ids[c] = tokens.Get(utf8[..Utf8.Encode(c, utf8)]);
        return ids;
    }
}

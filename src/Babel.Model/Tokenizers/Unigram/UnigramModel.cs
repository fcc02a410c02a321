using System.Runtime.InteropServices;
using Babel.Model.Errors;
using Babel.Model.Tokenizers.Bpe;
using Babel.Model.Tokenizers.Text;

namespace Babel.Model.Tokenizers.Unigram;

/// <summary>
/// The unigram language model (Kudo 2018, arXiv:1804.10959) as Hugging Face's tokenizers decode it: the best path in
/// 64-bit floating point, every piece of the vocabulary included; of equal paths the one found first stays.
/// </summary>
internal sealed class UnigramModel : ITokenModel
{
    /// <summary>How far an unknown character lies below the worst piece.</summary>
    private const double UnknownPenalty = 10;

    private readonly ByteTrie _trie;
    private readonly double[] _scores;
    private readonly double _unknownScore;
    private readonly int _unknownId;
    private readonly int[] _fallback;

    /// <param name="pieces">Pieces, in the order of their ids.</param>
    /// <param name="scores">Their logarithmic probabilities.</param>
    /// <param name="unknownId">The id of the unknown piece, or -1.</param>
    /// <param name="byteFallback">Whether an unknown becomes its bytes, where all of those have ids.</param>
    public UnigramModel(IReadOnlyList<byte[]> pieces, double[] scores, int unknownId, bool byteFallback)
    {
        _trie = new ByteTrie(pieces.Select(static (p, i) => KeyValuePair.Create(p, i)));
        _scores = scores;
        _unknownScore = scores.DefaultIfEmpty(0).Min() - UnknownPenalty;
        _unknownId = unknownId;
        _fallback = byteFallback ? [.. Enumerable.Range(0, 256).Select(b => _trie.Get(ByteToken.NameOf(b)))] : [];
    }

    public void Encode(ReadOnlySpan<byte> piece, ModelScratch scratch, List<int> ids)
    {
        if (piece.Length > WordCache.LongestWord)
        {
            Compute(piece, scratch, ids);
            return;
        }

        var hash = TokenTable.Hash(piece);
        if (scratch.Cache.TryAppend(piece, hash, ids)) return;
        var before = ids.Count;
        Compute(piece, scratch, ids);
        scratch.Cache.Add(piece, hash, CollectionsMarshal.AsSpan(ids)[before..]);
    }

    private void Compute(ReadOnlySpan<byte> piece, ModelScratch scratch, List<int> ids)
    {
        var path = scratch.Path;
        path.Reset(piece.Length);
        Forward(piece, path);

        // Walk back; neighbouring unknowns become one stretch. The pieces come out last first.
        var backward = scratch.Symbols;
        backward.Clear();
        for (var end = piece.Length; end > 0;)
        {
            var start = path.Starts[end];
            var id = path.Ids[end];
            if (id == _unknownId)
            {
                while (start > 0 && path.Ids[start] == _unknownId) start = path.Starts[start];
                AddUnknown(piece[start..end], backward);
            }
            else
            {
                backward.Add(id);
            }

            end = start;
        }

        for (var i = backward.Count - 1; i >= 0; i--) ids.Add(backward[i]);
    }

    private void Forward(ReadOnlySpan<byte> piece, ViterbiPath path)
    {
        var (starts, scores, pathIds) = (path.Starts, path.Scores, path.Ids);
        for (var at = 0; at < piece.Length;)
        {
            var length = Utf8.LengthOf(piece[at]);
            var here = scores[at];
            var single = false;
            var state = 0;
            for (var end = at; end < piece.Length && _trie.Step(ref state, piece[end]);)
            {
                end++;
                var id = _trie.ValueOf(state);
                if (id < 0) continue;
                single |= end - at == length;
                var score = _scores[id] + here;
                if (starts[end] >= 0 && !(score > scores[end])) continue;
                (starts[end], scores[end], pathIds[end]) = (at, score, id);
            }

            if (!single)
            {
                var end = at + length;
                var score = _unknownScore + here;
                if (starts[end] < 0 || score > scores[end]) (starts[end], scores[end], pathIds[end]) = (at, score, Unknown());
            }

            at += length;
        }
    }

    // Of a stretch of unknowns: its own id if it is a piece after all, its bytes, or the unknown piece.
    private void AddUnknown(ReadOnlySpan<byte> stretch, List<int> backward)
    {
        var id = _trie.Get(stretch);
        if (id < 0 && _fallback.Length > 0)
        {
            var known = true;
            foreach (var b in stretch) known &= _fallback[b] >= 0;
            if (known)
            {
                for (var i = stretch.Length - 1; i >= 0; i--) backward.Add(_fallback[stretch[i]]);
                return;
            }
        }

        backward.Add(id >= 0 ? id : Unknown());
    }

    private int Unknown() => _unknownId >= 0
        ? _unknownId
        : throw new ModelFormatException("a unigram tokenizer met a character it does not know", "model.unk_id", "the id of the unknown piece", "none");
}

using Babel.Model.Tokenizers.Text;
using Babel.Model.Tokenizers.Unigram;

namespace Babel.Model.Tokenizers.SentencePiece;

/// <summary>
/// SentencePiece's unigram model (unigram_model.cc, EncodeOptimized): the best path over the whole text, its sums
/// rounded to 32 bits at every step. The rounding decides ties, so the text is not cut into words here.
/// </summary>
internal sealed class PieceUnigram : ITokenModel
{
    private const float UnknownPenalty = 10f;

    private readonly ByteTrie _trie;
    private readonly float[] _scores;
    private readonly bool[] _userDefined;
    private readonly float _unknownScore;
    private readonly float _maxScore;
    private readonly PieceOutput _output;

    public PieceUnigram(SentencePieceFile file, PieceOutput output)
    {
        _output = output;
        var pieces = file.Pieces;
        // Unused pieces are never chosen; control, unknown and byte pieces are never matched in text.
        _trie = new ByteTrie(pieces.Select(static (p, i) => (p, i))
            .Where(static e => e.p.Type is PieceType.Normal or PieceType.UserDefined)
            .Select(static e => KeyValuePair.Create(e.p.Text, e.i)));
        _scores = [.. pieces.Select(static p => p.Score)];
        _userDefined = [.. pieces.Select(static p => p.Type == PieceType.UserDefined)];

        // As there: the least and greatest score of normal pieces, from FLT_MAX and FLT_MIN (which is positive).
        var least = float.MaxValue;
        var most = 1.17549435e-38f;
        foreach (var piece in pieces)
        {
            if (piece.Type != PieceType.Normal) continue;
            least = Math.Min(least, piece.Score);
            most = Math.Max(most, piece.Score);
        }

        _unknownScore = least - UnknownPenalty;
        _maxScore = most;
    }

    public void Encode(ReadOnlySpan<byte> piece, ModelScratch scratch, List<int> ids)
    {
        var path = scratch.Path;
        path.Reset(piece.Length);
        Forward(piece, path);
        var ends = scratch.Symbols;
        ends.Clear();
        for (var end = piece.Length; end > 0; end = path.Starts[end]) ends.Add(end);
        for (var i = ends.Count - 1; i >= 0; i--)
        {
            var start = path.Starts[ends[i]];
            _output.Add(path.Ids[ends[i]], piece[start..ends[i]], ids);
        }
    }

    private void Forward(ReadOnlySpan<byte> text, ViterbiPath path)
    {
        var (starts, scores, ids) = (path.Starts, path.SingleScores, path.Ids);
        for (var at = 0; at < text.Length;)
        {
            var length = Utf8.LengthOf(text[at]);
            var here = scores[at];
            var single = false;
            var state = 0;
            for (var end = at; end < text.Length && _trie.Step(ref state, text[end]);)
            {
                end++;
                var id = _trie.ValueOf(state);
                if (id < 0) continue;
                single |= end - at == length;

                // A user-defined piece gets a bonus that makes it win. The comparison is in 64 bits, the sum kept in 32.
                var score = (_userDefined[id] ? (double)((end - at) * _maxScore) - 0.1 : _scores[id]) + here;
                if (starts[end] >= 0 && !(score > scores[end])) continue;
                (starts[end], scores[end], ids[end]) = (at, (float)score, id);
            }

            if (!single)
            {
                var end = at + length;
                var score = _unknownScore + here;
                if (starts[end] < 0 || score > scores[end]) (starts[end], scores[end], ids[end]) = (at, score, _output.UnknownId);
            }

            at += length;
        }
    }
}

using System.Text;
using Babel.Model.Errors;
using Babel.Model.Tokenizers.Bpe;
using Babel.Model.Tokenizers.Text;
using Babel.Model.Tokenizers.Unigram;

namespace Babel.Model.Tokenizers.SentencePiece;

/// <summary>A tokenizer.model: what Google's SentencePiece (0.1.97) gives, BOS and EOS apart.</summary>
internal sealed class SentencePieceTokenizer : Tokenizer
{
    private readonly SentencePieceFile _file;
    private readonly PieceNormalizer _normalizer;
    private readonly PieceNormalizer? _denormalizer;
    private readonly PieceOutput _output;
    private readonly ITokenModel _model;
    private readonly TokenTable _ids = new();
    private readonly bool _addBos;
    private readonly bool _addEos;

    public SentencePieceTokenizer(SentencePieceFile file, SpecialTokenSettings settings)
    {
        RefuseShiftedIds(file, settings);
        _file = file;
        var userDefined = file.Pieces.Exists(static p => p.Type == PieceType.UserDefined)
            ? new ByteTrie(file.Pieces.Select(static (p, i) => (p, i)).Where(static e => e.p.Type == PieceType.UserDefined)
                .Select(static e => KeyValuePair.Create(e.p.Text, e.i)))
            : null;
        _normalizer = new PieceNormalizer(file.Normalizer, userDefined, file.WhitespaceAsSuffix);
        _denormalizer = file.Denormalizer is { } rules ? new PieceNormalizer(rules, null, whitespaceAsSuffix: false) : null;
        _output = new PieceOutput(file);
        _model = file.ModelType == 2 ? new PieceBpe(file, userDefined, _output) : new PieceUnigram(file, _output);

        // Reserved pieces are asked first, as PieceToId does; so they are written last.
        for (var pass = 0; pass < 2; pass++)
        {
            for (var i = file.Pieces.Count - 1; i >= 0; i--)
            {
                var reserved = file.Pieces[i].Type is PieceType.Control or PieceType.Unknown or PieceType.Byte;
                if (reserved == (pass == 1)) _ids.Set(file.Pieces[i].Text, i);
            }
        }

        BosId = file.BosId >= 0 ? file.BosId : null;
        EosId = file.EosId >= 0 ? file.EosId : null;
        PadId = file.PadId >= 0 ? file.PadId : null;
        UnkId = file.UnknownId;
        SetSpecialIds(settings);
        var isT5 = settings.TokenizerClass?.StartsWith("T5", StringComparison.Ordinal) ?? false;
        _addBos = settings.AddBos ?? !isT5;
        _addEos = settings.AddEos ?? isT5;
    }

    public override int VocabularySize => _file.Pieces.Count;

    public override string? TokenOf(int id) =>
        (uint)id < (uint)_file.Pieces.Count ? Encoding.UTF8.GetString(_file.Pieces[id].Text) : null;

    public override int? IdOf(string token) => _ids.Get(Encoding.UTF8.GetBytes(token)) is >= 0 and var id ? id : null;

    // The "slow" tokenizers of these families put tokens of their own before the pieces, so a model's ids are not the file's.
    private static void RefuseShiftedIds(SentencePieceFile file, SpecialTokenSettings settings)
    {
        var name = settings.TokenizerClass ?? settings.ModelType ?? "";
        string[] shifted = ["xglm", "xlmroberta", "xlm-roberta", "camembert", "mbart", "nllb", "m2m", "barthez", "fairseq", "marian"];
        if (!Array.Exists(shifted, s => name.StartsWith(s, StringComparison.OrdinalIgnoreCase))) return;
        throw new UnsupportedModelException("this family's ids are not those of its tokenizer.model", file.Where,
            "a tokenizer.json", $"only a SentencePiece model, of {name}", "save the fast tokenizer, which writes tokenizer.json");
    }

    private protected override void EncodeCore(EncodeScratch scratch, bool addSpecialTokens, List<int> ids)
    {
        if (addSpecialTokens && _addBos && BosId is { } bos) ids.Add(bos);
        var start = ids.Count;
        var text = scratch.Normalized;
        text.Clear();
        _normalizer.Apply(scratch.Source.Written, text);
        if (text.Length > 0) _model.Encode(text.Written, scratch.Model, ids);
        _output.FuseUnknowns(ids, start);
        if (addSpecialTokens && _addEos && EosId is { } eos) ids.Add(eos);
    }

    public override string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens = false)
    {
        var text = new ByteBuffer();
        var bytes = new ByteBuffer();
        bool atStart = true, sawSpace = false;
        foreach (var id in ids)
        {
            if ((uint)id >= (uint)_file.Pieces.Count || (skipSpecialTokens && id == _file.UnknownId)) continue;
            var piece = _file.Pieces[id];
            if (piece.Type == PieceType.Byte)
            {
                bytes.Append((byte)ByteToken.ValueOf(Encoding.UTF8.GetString(piece.Text)));
                continue;
            }

            FlushBytes(bytes, text);
            if (sawSpace || text.Length > 0) atStart = false;
            sawSpace = AppendPiece(piece, atStart, text);
        }

        FlushBytes(bytes, text);
        if (_denormalizer is null) return Encoding.UTF8.GetString(text.Written);
        var plain = new ByteBuffer();
        _denormalizer.Apply(text.Written, plain);
        return Encoding.UTF8.GetString(plain.Written);
    }

    // Returns whether the dummy space was taken off. With remove_extra_whitespaces any number of leading ones are.
    private bool AppendPiece(Piece piece, bool atStart, ByteBuffer text)
    {
        if (piece.Type == PieceType.Control) return false;
        if (piece.Type == PieceType.Unknown)
        {
            text.Append(_file.UnknownSurface);
            return false;
        }

        ReadOnlySpan<byte> rest = piece.Text;
        var took = false;
        if (atStart && (_file.Normalizer.AddDummyPrefix || _file.Normalizer.RemoveExtraWhitespaces) && rest.StartsWith(Metaspace.Utf8))
        {
            rest = rest[3..];
            took = !_file.Normalizer.RemoveExtraWhitespaces;
        }

        while (rest.IndexOf(Metaspace.Utf8) is >= 0 and var at)
        {
            text.Append(rest[..at]);
            text.Append((byte)' ');
            rest = rest[(at + 3)..];
        }

        text.Append(rest);
        return took;
    }

    // A byte that is part of no character becomes U+FFFD, each for itself.
    private static void FlushBytes(ByteBuffer bytes, ByteBuffer text)
    {
        var rest = bytes.Written;
        while (!rest.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(rest, out _, out var length) != System.Buffers.OperationStatus.Done)
            {
                text.Append("\uFFFD"u8);
                length = 1;
            }
            else
            {
                text.Append(rest[..length]);
            }

            rest = rest[length..];
        }

        bytes.Clear();
    }
}
